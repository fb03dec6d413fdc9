/**
 * What the client's benches have in common: how much they send, and how they count.
 */

/** Seconds of work: shorter rounds tell more of warming up than of the rate. */
export const recordsPerRound = 160_000;
/** Awaited one by one they are slower by that much. */
export const singlesPerRound = 40_000;
export const recordBytes = 1_024;

export async function rate(records: number, work: () => Promise<void>): Promise<number> {
  const startMs = performance.now();
  await work();
  return (records * 1_000) / (performance.now() - startMs);
}

/** Runs `work` for each number below `count`, so many at once. */
export async function atOnce(limit: number, count: number, work: (i: number) => Promise<unknown>) {
  let next = 0;
  const worker = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: limit }, worker));
}
