/**
 * A large location in pieces that can be read one after another, cut where a reader may start.
 */

import type { PlacedLocation, Split } from './partition-head.js';

/** Pieces of at most `bytesMax`, as far as the splits allow; together they are the location. */
export function splitLocation(location: PlacedLocation, bytesMax: number): PlacedLocation[] {
  if (location.sizeBytes <= bytesMax) return [location];
  const end = { recordDelta: location.recordCount, positionDelta: location.sizeBytes };
  const pieces: PlacedLocation[] = [];
  let from: Split = { recordDelta: 0, positionDelta: 0 };
  let to = from;
  const cut = () => {
    if (to.positionDelta === from.positionDelta) return;
    pieces.push({
      ...location,
      baseOffset: location.baseOffset + from.recordDelta,
      position: location.position + from.positionDelta,
      sizeBytes: to.positionDelta - from.positionDelta,
      recordCount: to.recordDelta - from.recordDelta,
      splits: [],
    });
    from = to;
  };
  for (const split of [...location.splits, end]) {
    if (split.positionDelta - from.positionDelta > bytesMax) cut();
    to = split;
  }
  cut();
  return pieces;
}
