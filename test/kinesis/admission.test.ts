/** lib/kinesis/admission.js: the keys of every face in Kinesis' words, stream by stream. */

import { expect, test } from 'vitest';
import { type Access, createOpenAccess, type Refusal } from '../../lib/access/access.js';
import { localPrincipal, type Principal } from '../../lib/access/principal.js';
import type { ScopeOperation } from '../../lib/access/scopes.js';
import { createAdmission } from '../../lib/kinesis/admission.js';
import { faceAlone } from './kinesis-server.js';

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
  faceAlone({ stores, admission: createAdmission(accessOf(...given)) });

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
  const refused = await faceAlone({ admission: createAdmission(access) }).call('ListStreams', {});
  expect([refused.status, (refused.json as { __type: string }).__type]).toEqual([400, type]);
});

test('whoever is over the limit of the key is throttled as AWS throttles', async () => {
  const access: Access = { ...createOpenAccess(), admit: () => 250 };
  const { json } = await faceAlone({ admission: createAdmission(access) }).call('ListStreams', {});
  expect(json).toMatchObject({ __type: 'ProvisionedThroughputExceededException' });
});
