/**
 * Maps that remember a bounded number of things: what was set longest ago goes first.
 */

/** Sets it as the newest. Who sets again what it finds keeps what is in use. */
export function keepNewest<K, V>(map: Map<K, V>, key: K, value: V, countMax: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= countMax) return;
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}
