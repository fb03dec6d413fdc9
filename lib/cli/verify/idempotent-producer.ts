/**
 * A producer with identity: it sends a batch again until it knows, which must write it once. When it gives
 * up it starts again as somebody else, because what follows a gap would be refused.
 */

import type { ProducerIdentity } from '../../client/http-client.js';
import { LogbrookError } from '../../client/logbrook-error.js';
import { patientRetry } from '../../client/retry.js';
import { advanceSequence } from '../../log/producer-state.js';
import { encodeRecordBatch } from '../../log/record-batch.js';
import { appendAnswer } from './answers.js';
import { appendOf, recordsOf, takeTurns } from './producer-turns.js';
import type { RecordedProcess } from './recorded-process.js';
import type { Run } from './run.js';

/** Short enough for an end of the run, long enough for a server to come back. */
const retry = { ...patientRetry, giveUpAfterMs: 30_000, pauseMsMax: 500 };

export async function idempotentProducer(run: Run, i: number): Promise<void> {
  const { client, codecs, topic, clockMs } = run;
  let identity: ProducerIdentity | undefined;
  let sequences = new Map<number, number>();

  /** Waits for a server that is away, as long as the run goes on. */
  async function newIdentity(): Promise<ProducerIdentity> {
    sequences = new Map();
    const giveUpAfterMs = Math.max(0, run.endsAtMs - client.timing.nowMs());
    const policy = { ...retry, giveUpAfterMs };
    return client.createProducer({ retry: policy, signal: run.over });
  }

  async function send(process: RecordedProcess, draft: Parameters<typeof recordsOf>[0]) {
    const { names, partition } = draft;
    identity ??= await newIdentity();
    const { producerId, producerEpoch } = identity;
    const baseSequence = sequences.get(partition) ?? 0;
    const records = recordsOf(draft, clockMs());
    const batch = encodeRecordBatch({ records, producer: { ...identity, baseSequence } }, codecs);
    const producer = { producerId, epoch: producerEpoch, baseSequence };
    const outcome = await process.perform({ ...appendOf(draft), producer }, async (onRetry) => {
      const options = { idempotent: true, acks: 'all', retry, onRetry } as const;
      return appendAnswer(await client.appendBatch(topic, partition, batch, options));
    });
    if (outcome.kind === 'ok') {
      sequences.set(partition, advanceSequence(baseSequence, names.length));
    } else if (outcome.kind === 'unknown' || !outcome.error.retriable) {
      identity = undefined;
    }
    return outcome;
  }

  try {
    await takeTurns(run, `idempotent${i}`, send);
  } catch (error) {
    // Over, while it waited for an identity: that is no verdict on the log.
    const waited = run.over.aborted || (error instanceof LogbrookError && error.retriable);
    if (!waited) throw error;
  }
}
