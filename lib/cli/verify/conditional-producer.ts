/**
 * A producer that appends only where it believes the log to end, as somebody does who has read all of it.
 * It is told where the log ends when it is wrong; of several with the same belief one wins.
 */

import { encodeRecordBatch } from '../../log/record-batch.js';
import { appendAnswer } from './answers.js';
import { appendOf, recordsOf, takeTurns } from './producer-turns.js';
import type { RecordedProcess } from './recorded-process.js';
import { once, type Run } from './run.js';

export function conditionalProducer(run: Run, i: number): Promise<void> {
  const { client, codecs, topic, clockMs } = run;
  /** Where each partition ends, as far as it knows. */
  const ends = [...run.starts];
  return takeTurns(run, `conditional${i}`, async (process: RecordedProcess, draft) => {
    const { names, partition } = draft;
    const expectedOffset = ends[partition] as number;
    const outcome = await process.perform({ ...appendOf(draft), expectedOffset }, async () => {
      const batch = encodeRecordBatch({ records: recordsOf(draft, clockMs()) }, codecs);
      const options = { idempotent: false, acks: 'all', retry: once, expectedOffset } as const;
      return appendAnswer(await client.appendBatch(topic, partition, batch, options));
    });
    if (outcome.kind === 'ok') ends[partition] = expectedOffset + names.length;
    else if (typeof outcome.error.details.actualNextOffset === 'number') {
      ends[partition] = outcome.error.details.actualNextOffset;
    }
    return outcome;
  });
}
