/**
 * What `verify` does to a server: producers of every kind at a chosen rate, readers who follow and readers
 * who begin again and again, and at the end somebody who reads everything. It only does and records; the
 * checker judges.
 */

import { conditionalProducer } from './conditional-producer.js';
import { idempotentProducer } from './idempotent-producer.js';
import { plainProducer } from './plain-producer.js';
import { finalReader, follower, rereader } from './readers.js';
import { createRecordedProcess } from './recorded-process.js';
import type { Run, WorkloadDeps, WorkloadOptions } from './run.js';

/** A third of the producers each. */
const producerKinds = [plainProducer, idempotentProducer, conditionalProducer];

/** Throws when the topic cannot be read to its end afterwards: then nothing can be judged. */
export async function runWorkload(
  deps: WorkloadDeps,
  options: WorkloadOptions,
  stop: AbortSignal,
): Promise<void> {
  const producersOver = new AbortController();
  const readersOver = new AbortController();
  const endProducers = () => producersOver.abort();
  stop.addEventListener('abort', endProducers, { once: true });
  if (stop.aborted) endProducers();
  const endsAtMs = deps.client.timing.nowMs() + options.durationMs;
  const run: Run = { ...deps, ...options, endsAtMs, over: producersOver.signal };
  const produced = Promise.all(producersOf(run));
  const reading = Promise.all(readersOf(run, readersOver.signal));
  try {
    // Readers come to an end before only if something is wrong with us.
    await Promise.race([produced, reading]);
    await produced;
  } finally {
    endProducers();
    readersOver.abort();
    await Promise.allSettled([produced, reading]);
    stop.removeEventListener('abort', endProducers);
  }
  await Promise.all(
    options.starts.map((start, partition) => {
      const process = createRecordedProcess(`final/${partition}`, deps.witness, deps.clockMs);
      return finalReader(run, process, partition, start);
    }),
  );
}

function producersOf(run: Run): Promise<void>[] {
  return Array.from({ length: run.producers }, (_, i) => {
    const kind = producerKinds[i % producerKinds.length] as typeof plainProducer;
    return kind(run, i);
  });
}

function readersOf(run: Run, over: AbortSignal): Promise<void>[] {
  const { starts, readers, witness, clockMs } = run;
  return starts.flatMap((start, partition) =>
    Array.from({ length: readers }, (_, i) => {
      const [name, read] = i % 2 === 0 ? ['follower', follower] : ['rereader', rereader];
      const process = createRecordedProcess(`${name}${i}/${partition}`, witness, clockMs);
      return (read as typeof follower)(run, process, partition, start, over);
    }),
  );
}
