/**
 * lib/kinesis/stream.js: a stream is UPDATING for as long as its shards are really being changed, whoever
 * looks, and ACTIVE as soon as they are, even if who began it is gone.
 */

import { expect, test } from 'vitest';
import { createMemoryStores } from '../../lib/store/memory/memory-store.js';
import type { Stores } from '../../lib/store/stores.js';
import { type FaceAlone, faceAlone, shardId } from './kinesis-server.js';

const stream = { StreamName: 's' };
const split = { ...stream, ShardToSplit: shardId(0), NewStartingHashKey: String(2n ** 127n) };

type Index = Stores['index'];

/** Memory stores, and the same as one process sees them that does not come past one step before it is told to. */
function heldAt(step: 'createPartitions' | 'closePartition' | 'deletePartitions') {
  const plain = createMemoryStores();
  let [release, lose, hold] = [() => {}, () => {}, () => {}];
  const held = new Promise<void>((resolve) => {
    hold = resolve;
  });
  const gate = new Promise<void>((resolve, reject) => {
    release = resolve;
    lose = () => reject(new Error('the process died'));
  });
  const whole = plain.index[step] as (...given: unknown[]) => Promise<unknown>;
  const waiting = async (...given: unknown[]) => {
    hold();
    await gate;
    return whole(...given);
  };
  const stores: Stores = { ...plain, index: { ...plain.index, [step]: waiting } as Index };
  return { plain, stores, held, release, lose };
}

const statusesOf = async (face: FaceAlone) => {
  const { json: whole } = await face.call('DescribeStream', stream);
  const { json: summary } = await face.call('DescribeStreamSummary', stream);
  const { json: listed } = await face.call('ListStreams', {});
  return [
    whole.StreamDescription.StreamStatus,
    summary.StreamDescriptionSummary.StreamStatus,
    listed.StreamSummaries[0].StreamStatus,
  ];
};
const all = (status: string) => [status, status, status];

async function shardOfPut(face: FaceAlone): Promise<string> {
  const { json } = await face.call('PutRecord', { ...stream, PartitionKey: 'k', Data: 'eA==' });
  return json.ShardId;
}

test('while a shard is split others see UPDATING, write to the parent, and change nothing', async () => {
  const { plain, stores, held, release } = heldAt('closePartition');
  const [face, other] = [faceAlone({ stores }), faceAlone({ stores: plain })];
  await face.call('CreateStream', { ...stream, ShardCount: 1 });
  expect(await statusesOf(other)).toEqual(all('ACTIVE'));
  const splitting = face.call('SplitShard', split);
  await held;
  expect(await statusesOf(other)).toEqual(all('UPDATING'));
  const { json } = await other.call('DescribeStream', stream);
  expect(json.StreamDescription.Shards).toHaveLength(1);
  expect(await shardOfPut(other)).toBe(shardId(0));
  for (const [action, input] of [
    ['SplitShard', split],
    ['UpdateShardCount', { ...stream, TargetShardCount: 2, ScalingType: 'UNIFORM_SCALING' }],
  ] as const) {
    expect((await other.call(action, input)).json).toEqual({
      __type: 'ResourceInUseException',
      message: 'Stream s under account 000000000000 not ACTIVE, instead in state UPDATING',
    });
  }
  release();
  expect((await splitting).status).toBe(200);
  expect(await statusesOf(other)).toEqual(all('ACTIVE'));
  expect(await shardOfPut(other)).not.toBe(shardId(0));
});

test('who finds a split that nobody ends ends it', async () => {
  const { plain, stores, held, lose } = heldAt('closePartition');
  const [lost, other] = [faceAlone({ stores }), faceAlone({ stores: plain })];
  await lost.call('CreateStream', { ...stream, ShardCount: 1 });
  const splitting = lost.call('SplitShard', split);
  await held;
  lose();
  expect((await splitting).json).toEqual({ __type: 'InternalFailure' });
  expect(await statusesOf(other)).toEqual(all('UPDATING'));
  other.advance(5_001);
  expect(await statusesOf(other)).toEqual(all('ACTIVE'));
  expect((await other.call('ListShards', stream)).json.Shards).toHaveLength(3);
});

test('a stream that is being made is not there yet, and one that is being deleted not any more', async () => {
  const missing = { __type: 'ResourceNotFoundException' };
  const create = { ...stream, ShardCount: 1 };

  const making = heldAt('createPartitions');
  const made = faceAlone({ stores: making.stores }).call('CreateStream', create);
  const other = faceAlone({ stores: making.plain });
  await making.held;
  expect((await other.call('DescribeStream', stream)).json).toMatchObject(missing);
  expect((await other.call('ListStreams', {})).json.StreamNames).toEqual([]);
  making.release();
  expect((await made).status).toBe(200);
  expect(await statusesOf(other)).toEqual(all('ACTIVE'));

  const deleting = heldAt('deletePartitions');
  const another = faceAlone({ stores: deleting.plain });
  await another.call('CreateStream', create);
  const deleted = faceAlone({ stores: deleting.stores }).call('DeleteStream', stream);
  await deleting.held;
  expect((await another.call('DescribeStream', stream)).json).toMatchObject(missing);
  // The name is free, and what is made under it is not what is still being cleaned up.
  expect((await another.call('CreateStream', create)).status).toBe(200);
  deleting.release();
  expect((await deleted).status).toBe(200);
  expect(await shardOfPut(another)).toBe(shardId(0));
});
