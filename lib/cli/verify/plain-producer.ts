/**
 * A producer without identity: it sends once. When nobody knows what became of a batch, that batch is let
 * go; to send it again could write it twice. Half of its batches are JSON, half are binary.
 */

import { encodeRecordBatch } from '../../log/record-batch.js';
import { appendAnswer } from './answers.js';
import { type Draft, recordsOf, takeTurns } from './producer-turns.js';
import type { RecordedProcess } from './recorded-process.js';
import { once, type Run } from './run.js';

export function plainProducer(run: Run, i: number): Promise<void> {
  const { client, codecs, topic, clockMs } = run;

  async function asJson({ texts, partition }: Draft) {
    const records = texts.map((value) => ({ value, partition }));
    const [appended] = await client.append(topic, records, { retry: once });
    return appendAnswer(appended);
  }

  async function asBatch(draft: Draft) {
    const batch = encodeRecordBatch({ records: recordsOf(draft, clockMs()) }, codecs);
    const options = { idempotent: false, acks: 'all', retry: once } as const;
    return appendAnswer(await client.appendBatch(topic, draft.partition, batch, options));
  }

  return takeTurns(run, `plain${i}`, (process: RecordedProcess, draft) => {
    const { log, names } = draft;
    const send = client.timing.random() < 0.5 ? asJson : asBatch;
    return process.perform({ op: 'append', log, values: names }, () => send(draft));
  });
}
