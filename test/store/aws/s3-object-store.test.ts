/** Objects on S3: which commands go out, and what their replies become. */

import {
  DeleteObjectsCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  NoSuchKey,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, expect, test } from 'vitest';
import { createS3ObjectStore } from '../../../lib/store/aws/s3-object-store.js';

type Body = NonNullable<GetObjectCommandOutput['Body']>;

const s3 = mockClient(S3Client);
const objects = createS3ObjectStore(new S3Client({ region: 'us-east-1' }), 'the-bucket');
const bytes = Uint8Array.of(1, 2, 3);

const sent = () => s3.calls().map(({ args: [command] }) => command.input);

function s3Error(name: string, httpStatusCode: number) {
  return new S3ServiceException({ name, $fault: 'client', $metadata: { httpStatusCode } });
}

function body(transformToByteArray: () => Promise<Uint8Array>) {
  const stream: Pick<Body, 'transformToByteArray'> = { transformToByteArray };
  return { Body: stream as Body };
}

beforeEach(() => {
  s3.reset();
});

test('an object is put where there is none', async () => {
  s3.on(PutObjectCommand).resolves({});
  expect(await objects.put('wal/x', [bytes])).toBe('written');
  expect(sent()).toEqual([{ Bucket: 'the-bucket', Key: 'wal/x', Body: bytes, IfNoneMatch: '*' }]);
});

test('an object that is there stays', async () => {
  s3.on(PutObjectCommand).rejects(s3Error('PreconditionFailed', 412));
  expect(await objects.put('wal/x', [bytes])).toBe('exists');
});

// Fault 8 of docs/faults.md.
test('a put that meets another one tries again', async () => {
  s3.on(PutObjectCommand)
    .rejectsOnce(s3Error('ConditionalRequestConflict', 409))
    .rejects(s3Error('PreconditionFailed', 412));
  expect(await objects.put('wal/x', [bytes])).toBe('exists');
  expect(sent()).toHaveLength(2);
});

test('but not for ever', async () => {
  s3.on(PutObjectCommand).rejects(s3Error('ConditionalRequestConflict', 409));
  const outcome = objects.put('wal/x', [bytes]);
  await expect(outcome).rejects.toMatchObject({ reason: 'unavailable', effect: 'unknown' });
  expect(sent()).toHaveLength(3);
});

test('a range is read, never as a Buffer', async () => {
  const pooled = Buffer.from([9, ...bytes, 9]).subarray(1, 4);
  s3.on(GetObjectCommand).resolves(body(async () => pooled));
  const outcome = await objects.read('wal/x', 10, 3);
  expect(outcome).toEqual({ kind: 'bytes', bytes });
  expect(outcome.kind === 'bytes' && outcome.bytes.constructor).toBe(Uint8Array);
  expect(sent()).toEqual([{ Bucket: 'the-bucket', Key: 'wal/x', Range: 'bytes=10-12' }]);
});

test('an object that is not there is missing', async () => {
  s3.on(GetObjectCommand).rejects(new NoSuchKey({ message: '', $metadata: {} }));
  expect(await objects.read('wal/x', 0, 3)).toEqual({ kind: 'missing' });
});

// Fault 10 of docs/faults.md.
test('an object that ends too early is corrupt', async () => {
  s3.on(GetObjectCommand)
    .resolvesOnce(body(async () => bytes))
    .rejects(s3Error('InvalidRange', 416));
  const corrupt = { name: 'StoreError', reason: 'corrupt', effect: 'none' };
  await expect(objects.read('wal/x', 0, 4)).rejects.toMatchObject(corrupt);
  await expect(objects.read('wal/x', 9, 4)).rejects.toMatchObject(corrupt);
});

test('a reply that breaks off is a failed read', async () => {
  const transformToByteArray = async () => {
    throw Object.assign(new Error('aborted'), { code: 'ECONNRESET' });
  };
  s3.on(GetObjectCommand).resolves(body(transformToByteArray));
  const outcome = objects.read('wal/x', 0, 4);
  await expect(outcome).rejects.toMatchObject({ reason: 'unavailable', effect: 'none' });
});

test('objects are deleted a thousand at a time', async () => {
  s3.on(DeleteObjectsCommand).resolves({});
  const keys = Array.from({ length: 2_001 }, (_, i) => `wal/${i}`);
  await objects.delete(keys);
  await objects.delete([]);
  const chunks = [keys.slice(0, 1_000), keys.slice(1_000, 2_000), keys.slice(2_000)];
  expect(sent()).toEqual(
    chunks.map((chunk) => ({
      Bucket: 'the-bucket',
      Delete: { Objects: chunk.map((key) => ({ Key: key })), Quiet: true },
    })),
  );
});

test.each([
  ['AccessDenied', 'denied'],
  ['SlowDown', 'throttled'],
  ['InternalError', 'unavailable'],
])('a key that is not deleted, by %s, fails the call', async (Code, reason) => {
  s3.on(DeleteObjectsCommand).resolves({ Errors: [{ Key: 'a', Code, Message: 'no' }] });
  const outcome = objects.delete(['a', 'b']);
  await expect(outcome).rejects.toMatchObject({ name: 'StoreError', reason, effect: 'unknown' });
});
