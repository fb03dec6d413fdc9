/**
 * A server to be killed: opens the data directory it is given and appends until it dies. A line on
 * stdout is an acknowledgement: the offset and the object of a record that must never be lost.
 */

import { planRoll } from '../../../lib/log/tail-roll.js';
import { createLocalStores } from '../../../lib/store/local/local-stores.js';
import { bytesOfObject, crashRef, crashWalBucket } from './crash-log.js';

const [dataDir = '', inFlight = '1'] = process.argv.slice(2);
const { index, objects } = await createLocalStores({ dataDir });
await index.createPartitions(crashRef.topicId, 0, 1);

async function append(): Promise<void> {
  const objectKey = `wal/${crashWalBucket}/${crypto.randomUUID()}`;
  const bytes = bytesOfObject(objectKey);
  await objects.put(objectKey, [bytes]);
  const entry = {
    ...{ objectKey, position: 0, sizeBytes: bytes.length, recordCount: 1 },
    ...{ maxTimestampMs: 1, splits: [], stamps: [] },
  };
  const request = { entry, walBucket: crashWalBucket, admissions: {} };
  const outcome = await index.commit(crashRef, request);
  if (outcome.kind === 'noPartition') throw new Error('the partition is gone');
  if (outcome.kind === 'committed') process.stdout.write(`${outcome.baseOffset} ${objectKey}\n`);
  const roll = planRoll(outcome.head);
  if (!roll) return;
  await index.writePage(crashRef, roll.page);
  await index.advanceTail(crashRef, roll.advance);
}

async function appendForever(): Promise<never> {
  for (;;) await append();
}

await Promise.all(Array.from({ length: Number(inFlight) }, appendForever));
