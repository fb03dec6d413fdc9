/**
 * The newest offset of each key of a stretch of the log, within a bound of memory: Kafka's offset map, with
 * the keys themselves in place of their hashes, so that no two keys are ever taken for one. When it is full
 * it covers a shorter stretch.
 */

export type KeyOffsets = {
  /** To be called in offset order. False: it is full, and the record is not in it. */
  add(key: Uint8Array, offset: number): boolean;
  /** Undefined for a key that the stretch does not have. */
  newest(key: Uint8Array): number | undefined;
};

/** What a key takes besides its bytes: an entry of a hash table, a string, a number. */
const bytesPerKey = 96;
/** A hash table takes no more. */
const keysMax = 2 ** 24 - 1;

/** Always has room for one key. */
export function createKeyOffsets(bytesMax: number): KeyOffsets {
  const offsets = new Map<string, number>();
  let bytes = 0;
  return {
    add(key, offset) {
      const name = nameOf(key);
      if (!offsets.has(name)) {
        const after = bytes + bytesPerKey + key.length;
        if (offsets.size > 0 && (after > bytesMax || offsets.size === keysMax)) return false;
        bytes = after;
      }
      offsets.set(name, offset);
      return true;
    },
    newest: (key) => offsets.get(nameOf(key)),
  };
}

/** More arguments than this may be too many for a call. */
const piece = 4_096;

/** A character for each byte. */
function nameOf(key: Uint8Array): string {
  if (key.length <= piece) return String.fromCharCode(...key);
  const pieces: string[] = [];
  for (let at = 0; at < key.length; at += piece) {
    pieces.push(String.fromCharCode(...key.subarray(at, at + piece)));
  }
  return pieces.join('');
}
