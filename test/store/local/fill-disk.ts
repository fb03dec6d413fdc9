/**
 * A server on a disk with little room: commits until that fails, and tells in one line of JSON what was
 * acknowledged and how it failed. Meant to run under a limit on the size of files.
 */

import { planRoll } from '../../../lib/log/tail-roll.js';
import { createLocalStores } from '../../../lib/store/local/local-stores.js';
import { StoreError } from '../../../lib/store/store-error.js';
import { crashRef, crashWalBucket } from './crash-log.js';

const [dataDir = ''] = process.argv.slice(2);
const { index, objects, close } = await createLocalStores({ dataDir });
const partitionCount = 40;
await index.createPartitions(crashRef.topicId, 0, partitionCount);

const acknowledged: number[] = Array.from({ length: partitionCount }, () => 0);
const failures: unknown[] = [];

function tell(error: unknown): void {
  if (!(error instanceof StoreError)) throw error;
  failures.push([error.reason, error.effect]);
}

async function append(partition: number): Promise<void> {
  const ref = { ...crashRef, partition };
  const entry = {
    ...{ objectKey: `wal/${crashWalBucket}/${crypto.randomUUID()}`, position: 0, sizeBytes: 1 },
    ...{ recordCount: 1, maxTimestampMs: 1, splits: [], stamps: [] },
  };
  const outcome = await index.commit(ref, { entry, walBucket: crashWalBucket, admissions: {} });
  if (outcome.kind === 'noPartition') throw new Error('the partition is gone');
  acknowledged[partition] = outcome.head.nextOffset;
  const roll = planRoll(outcome.head);
  if (!roll) return;
  await index.writePage(ref, roll.page);
  await index.advanceTail(ref, roll.advance);
}

while (failures.length === 0) {
  await Promise.all(acknowledged.map((_, partition) => append(partition).catch(tell)));
}
await append(0).catch(tell);
await objects.put(`wal/${crashWalBucket}/too-large`, [new Uint8Array(4_000_000)]).catch(tell);
const heads = await Promise.all(
  acknowledged.map((_, partition) => index.readHead({ ...crashRef, partition })),
);
const readable = heads.map((head) => head?.nextOffset);
await close();
process.stdout.write(JSON.stringify({ acknowledged, failures, readable }));
