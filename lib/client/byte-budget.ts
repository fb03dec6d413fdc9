/**
 * How many bytes may be in memory at once, about: whoever finds no room waits until some are given back. What
 * is taken is not refused, so that a single thing larger than the budget does not stop everything.
 */

export type ByteBudget = {
  hasRoom(): boolean;
  /** Undefined: there is room. Else it resolves when there was some, which others may have taken. */
  room(): Promise<void> | undefined;
  take(bytes: number): void;
  give(bytes: number): void;
};

export function createByteBudget(bytesMax: number): ByteBudget {
  let heldBytes = 0;
  let waiting: (() => void)[] = [];
  const hasRoom = () => heldBytes < bytesMax;
  return {
    hasRoom,
    room: () => (hasRoom() ? undefined : new Promise<void>((resolve) => waiting.push(resolve))),
    take(bytes) {
      heldBytes += bytes;
    },
    give(bytes) {
      heldBytes -= bytes;
      if (!hasRoom()) return;
      const ready = waiting;
      waiting = [];
      for (const resolve of ready) resolve();
    },
  };
}
