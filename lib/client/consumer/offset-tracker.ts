/**
 * What of a partition is finished: records are handed out in order and finished in any order, and an
 * offset may be committed only when nothing before it is still being worked on.
 */

export type OffsetTracker = {
  /** A record was handed out. Offsets only grow. */
  started(offset: number): void;
  finished(offset: number): void;
  /** Between the records that were handed out and `offset` lies nothing. */
  passed(offset: number): void;
  /** Everything below is finished: where a successor goes on. */
  position(): number;
  /** Resolves when nothing that was handed out is still being worked on. */
  idle(): Promise<void>;
};

export function createOffsetTracker(startOffset: number): OffsetTracker {
  /** In order; an offset leaves from the front once it is finished. */
  let open: number[] = [];
  let front = 0;
  const done = new Set<number>();
  let position = startOffset;
  let waiting: (() => void)[] = [];

  function advance(): void {
    while (front < open.length && done.delete(open[front] as number)) {
      position = (open[front] as number) + 1;
      front++;
    }
    if (front > 1_000 && front * 2 > open.length) {
      open = open.slice(front);
      front = 0;
    }
  }

  function finished(offset: number): void {
    if (open[front] !== offset) {
      done.add(offset);
      return;
    }
    position = offset + 1;
    front++;
    advance();
    if (front < open.length) return;
    for (const resolve of waiting) resolve();
    waiting = [];
  }

  return {
    started(offset) {
      open.push(offset);
    },
    finished,
    passed(offset) {
      const last = offset - 1;
      if (last < position || last <= (open.at(-1) ?? -1)) return;
      // As if a record had been there, which took no time.
      open.push(last);
      finished(last);
    },
    position: () => position,
    async idle() {
      if (front < open.length) await new Promise<void>((resolve) => waiting.push(resolve));
    },
  };
}
