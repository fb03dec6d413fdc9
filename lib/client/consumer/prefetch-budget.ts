/**
 * How many bytes may wait in memory for whoever takes them. One fetch is always allowed, so that a single
 * answer larger than the budget does not stop everything.
 */

export type PrefetchBudget = {
  /** Resolves when there is room. */
  room(): Promise<void>;
  take(bytes: number): void;
  give(bytes: number): void;
};

export function createPrefetchBudget(bytesMax: number): PrefetchBudget {
  let heldBytes = 0;
  let waiting: (() => void)[] = [];
  return {
    async room() {
      while (heldBytes >= bytesMax) await new Promise<void>((resolve) => waiting.push(resolve));
    },
    take(bytes) {
      heldBytes += bytes;
    },
    give(bytes) {
      heldBytes -= bytes;
      if (heldBytes >= bytesMax) return;
      const ready = waiting;
      waiting = [];
      for (const resolve of ready) resolve();
    },
  };
}
