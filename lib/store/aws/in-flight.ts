/**
 * Many calls, a bounded number of them at a time. The first failure is thrown, and begins no further
 * calls.
 */

export async function forEachInFlight<T>(
  items: Iterable<T>,
  inFlightMax: number,
  act: (item: T) => Promise<unknown>,
): Promise<void> {
  const queue = drain(items);
  const worker = async () => {
    // The workers share one generator; leaving its loop by a throw closes it for all of them.
    for (const item of queue) await act(item);
  };
  await Promise.all(Array.from({ length: inFlightMax }, worker));
}

function* drain<T>(items: Iterable<T>): Generator<T> {
  yield* items;
}

export function* partitionsOf(topicId: string, from: number, to: number) {
  for (let partition = from; partition < to; partition++) yield { topicId, partition };
}
