/**
 * How many batches of one partition are under way at once. What overtakes the batch in front of it is
 * refused and sent again; where that happens often, as with many instances behind one URL, fewer at once are
 * faster. TCP's rule: half as many after an overtaking, one more after a while without.
 */

export type InFlightWindow = {
  /** At least 1. */
  size(): number;
  overtaken(): void;
  acknowledged(): void;
};

/** Acknowledged in a row, for one more. */
const patience = 16;

export function createInFlightWindow(sizeMax: number): InFlightWindow {
  let size = sizeMax;
  let inRow = 0;
  return {
    size: () => size,
    overtaken() {
      size = Math.max(1, Math.floor(size / 2));
      inRow = 0;
    },
    acknowledged() {
      inRow++;
      if (inRow < patience) return;
      inRow = 0;
      size = Math.min(sizeMax, size + 1);
    },
  };
}
