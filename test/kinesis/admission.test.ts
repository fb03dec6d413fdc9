/** lib/kinesis/admission.js: the keys of every face in Kinesis' words, stream by stream. */

import { describe, expect, test } from 'vitest';
import { type Access, createOpenAccess, type Refusal } from '../../lib/access/access.js';
import { localPrincipal, type Principal } from '../../lib/access/principal.js';
import { auditTopic, type ScopeOperation } from '../../lib/access/scopes.js';
import { type ActionName, inputShapes } from '../../lib/kinesis/input-shapes.js';
import type { Stores } from '../../lib/store/stores.js';
import { arnOf, faceAlone, shardId } from './kinesis-server.js';

/** An access that lets in one who may do this to topics of these names. */
function accessOf(operations: readonly ScopeOperation[], topics: readonly string[]): Access {
  const principal: Principal = {
    ...localPrincipal,
    keyId: 'someone',
    bounds: [[{ operations, topics, groups: [] }]],
  };
  return {
    ...createOpenAccess(),
    open: false,
    authenticate: async () => ({ kind: 'principal', principal }),
  };
}

const stores = faceAlone().stores;
const everybody = faceAlone({ stores });
const as = (...given: Parameters<typeof accessOf>) =>
  faceAlone({ stores, access: accessOf(...given) });

test('each action asks for its operation on the stream that it names, whichever way', async () => {
  for (const StreamName of ['orders-a', 'secret']) {
    await everybody.call('CreateStream', { StreamName, ShardCount: 1 });
  }
  const record = { PartitionKey: 'k', Data: 'eA==' };
  const producer = as(['produce'], ['orders-']);
  const consumer = as(['consume'], ['orders-']);
  const typeOf = async (answer: Promise<{ status: number; json?: unknown }>) => {
    const { status, json } = await answer;
    return status === 200 ? 'ok' : (json as { __type: string }).__type;
  };
  expect(await typeOf(producer.call('PutRecord', { StreamName: 'orders-a', ...record }))).toBe(
    'ok',
  );
  // Whether it exists is not told.
  for (const StreamName of ['secret', 'nowhere']) {
    const put = producer.call('PutRecord', { StreamName, ...record });
    expect(await typeOf(put)).toBe('AccessDeniedException');
  }
  const arn = 'arn:aws:kinesis:us-east-1:000000000000:stream/secret';
  expect(await typeOf(producer.call('DescribeStreamSummary', { StreamARN: arn }))).toBe(
    'AccessDeniedException',
  );
  expect(await typeOf(consumer.call('PutRecord', { StreamName: 'orders-a', ...record }))).toBe(
    'AccessDeniedException',
  );
  const place = { ShardId: 'shardId-000000000000', ShardIteratorType: 'TRIM_HORIZON' };
  const own = await consumer.call('GetShardIterator', { StreamName: 'orders-a', ...place });
  expect(await typeOf(consumer.call('GetRecords', own.json as object))).toBe('ok');
  // An iterator that somebody else was given opens nothing.
  const theirs = await everybody.call('GetShardIterator', { StreamName: 'secret', ...place });
  expect(await typeOf(consumer.call('GetRecords', theirs.json as object))).toBe(
    'AccessDeniedException',
  );
  for (const action of ['DeleteStream', 'StartStreamEncryption'] as const) {
    const input = { StreamName: 'orders-a', EncryptionType: 'KMS', KeyId: 'k' };
    const given = action === 'DeleteStream' ? { StreamName: 'orders-a' } : input;
    expect(await typeOf(producer.call(action, given))).toBe('AccessDeniedException');
  }
  const { json } = await consumer.call('ListStreams', {});
  expect((json as { StreamNames: string[] }).StreamNames).toEqual(['orders-a']);
});

test.each<[Refusal['reason'], string]>([
  ['missing', 'MissingAuthenticationTokenException'],
  ['malformed', 'IncompleteSignatureException'],
  ['wrong', 'UnrecognizedClientException'],
  ['expired', 'ExpiredTokenException'],
  ['skewed', 'InvalidSignatureException'],
  ['forbidden', 'AccessDeniedException'],
])('a caller refused as %s is told %s', async (reason, type) => {
  const access: Access = {
    ...createOpenAccess(),
    authenticate: async () => ({ kind: 'refused', reason, message: 'no' }),
  };
  const refused = await faceAlone({ access }).call('ListStreams', {});
  expect([refused.status, (refused.json as { __type: string }).__type]).toEqual([400, type]);
});

test('whoever is over the limit of the key is throttled as AWS throttles', async () => {
  const access: Access = { ...createOpenAccess(), admit: () => 250 };
  const { json } = await faceAlone({ access }).call('ListStreams', {});
  expect(json).toMatchObject({ __type: 'ProvisionedThroughputExceededException' });
});

describe('the audit log', () => {
  async function entriesOf(of: Stores): Promise<Record<string, unknown>[]> {
    const reader = faceAlone({ stores: of });
    const place = { ShardId: shardId(0), ShardIteratorType: 'TRIM_HORIZON' };
    const begun = await reader.call('GetShardIterator', { StreamName: auditTopic, ...place });
    const { json } = await reader.call('GetRecords', begun.json as object);
    const records = (json as { Records: { Data: string }[] }).Records;
    return records.map(({ Data }) => JSON.parse(Buffer.from(Data, 'base64').toString()));
  }

  const stream = { StreamName: 'a-1' };
  const StreamARN = arnOf('a-1');
  const consumer = { StreamARN, ConsumerName: 'c' };
  const kms = { ...stream, EncryptionType: 'KMS', KeyId: 'alias/k' };
  const monitoring = { ...stream, ShardLevelMetrics: ['ALL'] };
  const tags = { Tags: { team: 'x' } };
  const metadata = { ResourceARN: StreamARN };
  const changes: readonly [ActionName, object][] = [
    ['CreateStream', { ...stream, ShardCount: 2 }],
    ['AddTagsToStream', { ...stream, ...tags }],
    ['RemoveTagsFromStream', { ...stream, TagKeys: ['team'] }],
    ['TagResource', { ...metadata, ...tags }],
    ['UntagResource', { ...metadata, TagKeys: ['team'] }],
    ['IncreaseStreamRetentionPeriod', { ...stream, RetentionPeriodHours: 48 }],
    ['DecreaseStreamRetentionPeriod', { ...stream, RetentionPeriodHours: 24 }],
    ['StartStreamEncryption', kms],
    ['StopStreamEncryption', kms],
    ['EnableEnhancedMonitoring', monitoring],
    ['DisableEnhancedMonitoring', monitoring],
    ['PutResourcePolicy', { ...metadata, Policy: '{}' }],
    ['DeleteResourcePolicy', metadata],
    ['UpdateMaxRecordSize', { StreamARN, MaxRecordSizeInKiB: 2048 }],
    ['UpdateStreamWarmThroughput', { ...stream, WarmThroughputMiBps: 1 }],
    ['SplitShard', { ...stream, ShardToSplit: shardId(0), NewStartingHashKey: '1000' }],
    ['MergeShards', { ...stream, ShardToMerge: shardId(2), AdjacentShardToMerge: shardId(3) }],
    ['UpdateShardCount', { ...stream, TargetShardCount: 3, ScalingType: 'UNIFORM_SCALING' }],
    ['UpdateStreamMode', { StreamARN, StreamModeDetails: { StreamMode: 'ON_DEMAND' } }],
    ['UpdateStreamRecordDistributionStrategy', { StreamARN, RecordDistributionStrategy: 'AUTO' }],
    ['RegisterStreamConsumer', consumer],
    ['DeregisterStreamConsumer', consumer],
    ['DeleteStream', stream],
  ];

  test('leaves out only what reads, what puts records, and what there is not', () => {
    const reading = Object.keys(inputShapes).filter((name) =>
      /^(Get|List|Describe|Put)/.test(name),
    );
    const others = ['SubscribeToShard', 'UpdateAccountSettings'];
    const channels = ['CreateChannel', 'DeleteChannel', 'UpdateChannel'];
    const known = [...changes.map(([action]) => action), ...reading, ...others, ...channels];
    expect([...new Set(known)].sort()).toEqual(Object.keys(inputShapes).sort());
  });

  test('has every change: who, what, when, and what came of it', async () => {
    const of = faceAlone().stores;
    const face = faceAlone({ stores: of, access: accessOf(['admin', 'consume'], ['a-']) });
    const before = Date.now();
    for (const [action, input] of changes) {
      const { status, text } = await face.call(action, input);
      expect([action, status, status === 200 ? '' : text]).toEqual([action, 200, '']);
    }
    const entries = await entriesOf(of);
    expect(entries).toMatchObject(
      changes.map(([action]) => ({
        ...{ keyId: 'someone', keyName: 'local', action: `kinesis:${action}` },
        ...{ resource: 'topic a-1', result: 'ok' },
      })),
    );
    for (const { at } of entries) expect(at).toBeGreaterThanOrEqual(before);
  });

  test('has what failed and what was refused, and nothing of reading and writing records', async () => {
    const of = faceAlone().stores;
    const face = faceAlone({ stores: of, access: accessOf(['admin', 'produce'], ['a-']) });
    await face.call('DeleteStream', { StreamName: 'a-0' });
    await face.call('CreateStream', { StreamName: 'b-1', ShardCount: 1 });
    await face.call('RegisterStreamConsumer', consumer);
    await face.call('UpdateAccountSettings', {
      MinimumThroughputBillingCommitment: { Status: 'DISABLED' },
    });
    await face.call('PutRecord', { StreamName: 'a-0', PartitionKey: 'k', Data: '' });
    await face.call('DescribeStream', { StreamName: 'b-1' });
    await face.call('ListStreams', {});
    expect(await entriesOf(of)).toMatchObject([
      { action: 'kinesis:DeleteStream', result: 'ResourceNotFoundException' },
      { action: 'kinesis:CreateStream', resource: 'topic b-1', result: 'AccessDeniedException' },
      { action: 'kinesis:RegisterStreamConsumer', result: 'AccessDeniedException' },
      { action: 'kinesis:UpdateAccountSettings', resource: 'cluster' },
    ]);
  });

  test('is not kept by a server that cannot tell callers apart', async () => {
    const face = faceAlone();
    await face.call('CreateStream', { StreamName: 'a-1', ShardCount: 1 });
    const asked = await face.call('DescribeStreamSummary', { StreamName: auditTopic });
    expect(asked.json).toMatchObject({ __type: 'ResourceNotFoundException' });
  });
});
