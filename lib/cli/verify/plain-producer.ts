/**
 * A producer without identity: it sends once. When nobody knows what became of a batch, that batch is let
 * go; to send it again could write it twice. Half of its batches are JSON, half are binary.
 */

import { encodeRecordBatch } from '../../log/record-batch.js';
import { appendAnswer } from './answers.js';
import { appendOf, type Draft, recordsOf, takeTurns } from './producer-turns.js';
import { nameHeader } from './record-values.js';
import type { RecordedProcess } from './recorded-process.js';
import { once, type Run } from './run.js';

export function plainProducer(run: Run, i: number): Promise<void> {
  const { client, codecs, topic, clockMs } = run;

  async function asJson({ names, texts, partition, keyed }: Draft) {
    const records = texts.map((value, i) => {
      const key = keyed?.keys[i];
      if (key === undefined) return { value, partition };
      if (!keyed?.tombstones.includes(i)) return { key, value, partition };
      return { key, value: null, headers: [[nameHeader, names[i] ?? '']] as const, partition };
    });
    const [appended] = await client.append(topic, records, { retry: once });
    return appendAnswer(appended);
  }

  async function asBatch(draft: Draft) {
    const batch = encodeRecordBatch({ records: recordsOf(draft, clockMs()) }, codecs);
    const options = { idempotent: false, acks: 'all', retry: once } as const;
    return appendAnswer(await client.appendBatch(topic, draft.partition, batch, options));
  }

  return takeTurns(run, `plain${i}`, (process: RecordedProcess, draft) => {
    const send = client.timing.random() < 0.5 ? asJson : asBatch;
    return process.perform(appendOf(draft), () => send(draft));
  });
}
