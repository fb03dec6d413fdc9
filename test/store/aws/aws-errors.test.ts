/** What the SDK and the network throw: which reason, which effect, and what passes through. */

import {
  DynamoDBClient,
  DynamoDBServiceException,
  GetItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import { S3ServiceException } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { CorruptData } from '../../../lib/log/corrupt-data.js';
import {
  decodeStored,
  reasonOfCode,
  replyTo,
  toStoreError,
  trackLostAttempts,
} from '../../../lib/store/aws/aws-errors.js';

const fromDynamoDb = (name: string, httpStatusCode = 400) =>
  new DynamoDBServiceException({ name, $fault: 'client', $metadata: { httpStatusCode } });
const fromS3 = (name: string, httpStatusCode = 400) =>
  new S3ServiceException({ name, $fault: 'client', $metadata: { httpStatusCode } });
const fromNetwork = (code: string, name = 'Error') =>
  Object.assign(new Error(code), { code, name });

test.each<[error: Error, reason: string, effectOfWrite: string]>([
  [fromDynamoDb('ProvisionedThroughputExceededException'), 'throttled', 'none'],
  [fromDynamoDb('ThrottlingException'), 'throttled', 'none'],
  [fromDynamoDb('RequestLimitExceeded'), 'throttled', 'none'],
  [fromS3('SlowDown', 503), 'throttled', 'none'],
  [fromS3('ServiceUnavailable', 503), 'throttled', 'none'],
  [fromDynamoDb('ServiceUnavailable', 503), 'unavailable', 'unknown'],
  [fromDynamoDb('InternalServerError', 500), 'unavailable', 'unknown'],
  [fromS3('InternalError', 500), 'unavailable', 'unknown'],
  [fromS3('UnknownError', 504), 'unavailable', 'unknown'],
  [fromDynamoDb('AccessDeniedException'), 'denied', 'none'],
  [fromDynamoDb('UnrecognizedClientException'), 'denied', 'none'],
  [fromS3('AccessDenied', 403), 'denied', 'none'],
  [fromS3('KMS.DisabledException'), 'denied', 'none'],
  [fromS3('KMS.ThrottlingException'), 'throttled', 'none'],
  [Object.assign(new Error(), { name: 'CredentialsProviderError' }), 'denied', 'none'],
  [fromDynamoDb('ResourceNotFoundException'), 'unavailable', 'none'],
  [fromS3('NoSuchBucket', 404), 'unavailable', 'none'],
  [fromS3('BadDigest'), 'unavailable', 'none'],
  [fromS3('RequestTimeout'), 'timeout', 'unknown'],
  [Object.assign(new Error(), { name: 'TimeoutError' }), 'timeout', 'unknown'],
  [fromNetwork('ETIMEDOUT', 'TimeoutError'), 'timeout', 'unknown'],
  [fromNetwork('ECONNRESET', 'TimeoutError'), 'unavailable', 'unknown'],
  [fromNetwork('EPIPE', 'TimeoutError'), 'unavailable', 'unknown'],
  [fromNetwork('ECONNREFUSED', 'TimeoutError'), 'unavailable', 'none'],
  [fromNetwork('ENOTFOUND'), 'unavailable', 'none'],
])('%s', (error, reason, effectOfWrite) => {
  expect(toStoreError(error, 'write')).toMatchObject({
    name: 'StoreError',
    reason,
    effect: effectOfWrite,
    cause: error,
  });
  expect(toStoreError(error, 'read')).toMatchObject({ reason, effect: 'none' });
});

test.each([
  fromDynamoDb('ValidationException'),
  fromDynamoDb('ConditionalCheckFailedException'),
  fromS3('NoSuchKey', 404),
  fromS3('PreconditionFailed', 412),
  new TypeError('a bug of ours'),
  'not even an error',
])('%s passes through', async (error) => {
  expect(toStoreError(error, 'write')).toBeUndefined();
  await expect(replyTo('write', Promise.reject(error))).rejects.toBe(error);
});

// Fault 51 of docs/faults.md.
test('codes inside replies have reasons too', () => {
  expect(reasonOfCode('SlowDown')).toBe('throttled');
  expect(reasonOfCode('InternalError')).toBe('unavailable');
  expect(reasonOfCode(undefined)).toBe('unavailable');
});

test('what cannot be decoded is corrupt; a bug passes through', () => {
  const corrupt = () => {
    throw new CorruptData('count 9 does not fit');
  };
  const bug = () => {
    throw new TypeError('a bug of ours');
  };
  expect(() => decodeStored('none', corrupt)).toThrow(
    expect.objectContaining({ name: 'StoreError', reason: 'corrupt', effect: 'none' }),
  );
  expect(() => decodeStored('none', bug)).toThrow(TypeError);
});

type Attempt = Error | { readonly statusCode: number; readonly type: string };

/** A client whose attempts end as told. */
function clientWith(attempts: Attempt[], attemptsMax = attempts.length): DynamoDBClient {
  const client = new DynamoDBClient({
    region: 'us-east-1',
    credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
    maxAttempts: attemptsMax,
    requestHandler: {
      async handle() {
        const attempt = attempts.shift();
        if (attempt === undefined || attempt instanceof Error) throw attempt;
        const { statusCode, type } = attempt;
        const body = new TextEncoder().encode(JSON.stringify({ __type: type, message: type }));
        const headers = { 'content-type': 'application/x-amz-json-1.0' };
        return { response: { statusCode, headers, body } };
      },
    },
  });
  trackLostAttempts(client);
  trackLostAttempts(client);
  return client;
}

const throttling: Attempt = { statusCode: 400, type: 'ThrottlingException' };
const failing: Attempt = { statusCode: 500, type: 'InternalServerError' };
const reset = () => fromNetwork('ECONNRESET', 'TimeoutError');
const key = { TableName: 't', Key: { pk: { S: 'p' } } };

test.each<[why: string, attempts: Attempt[], effect: string]>([
  ['throttled from first to last', [throttling, throttling], 'none'],
  ['throttled after a lost reply', [reset(), throttling], 'unknown'],
  ['throttled after a failure', [throttling, failing, throttling], 'unknown'],
  ['refused a connection after a lost reply', [reset(), fromNetwork('ECONNREFUSED')], 'unknown'],
  ['refused a connection', [fromNetwork('ECONNREFUSED', 'TimeoutError')], 'none'],
])('a write %s', async (_why, attempts, effect) => {
  const client = clientWith([...attempts]);
  const reply = replyTo('write', client.send(new UpdateItemCommand(key)));
  await expect(reply).rejects.toMatchObject({ name: 'StoreError', effect });
});

test('one call does not remember what another one lost', async () => {
  const client = clientWith([reset(), throttling, throttling, throttling], 2);
  for (const effect of ['unknown', 'none']) {
    const reply = replyTo('write', client.send(new UpdateItemCommand(key)));
    await expect(reply).rejects.toMatchObject({ reason: 'throttled', effect });
  }
});

test('a read never has an effect, however it ended', async () => {
  const client = clientWith([reset(), throttling]);
  const reply = replyTo('read', client.send(new GetItemCommand(key)));
  await expect(reply).rejects.toMatchObject({ name: 'StoreError', effect: 'none' });
});
