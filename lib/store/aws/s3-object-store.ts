/**
 * Objects in one S3 bucket. A put is conditional on there being nothing under its key, so an object is
 * written once and never changes. Uploads carry the SDK's CRC32, which Node computes natively; what is
 * read is checked by the batches' own CRC-32C.
 */

import {
  DeleteObjectsCommand,
  GetObjectCommand,
  NoSuchKey,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { assert } from '../../log/assert.js';
import { copyRange } from '../../log/byte-parts.js';
import { deleteListed } from '../delete-listed.js';
import type { ObjectStore, PutOutcome } from '../object-store.js';
import { StoreError } from '../store-error.js';
import { reasonOfCode, replyTo } from './aws-errors.js';
import { listKeys, listPrefixes } from './s3-listing.js';
import { createS3ObjectWriter } from './s3-object-writer.js';

/** S3's own limit for one DeleteObjects. */
const deleteKeysMax = 1_000;

/** Attempts at a put that S3 answers with "another request for that key is in progress". */
const putAttemptsMax = 3;
const putRetryDelayMs = 50;

export function createS3ObjectStore(s3: S3Client, bucketName: string): ObjectStore {
  const store: ObjectStore = {
    // In one piece: the SDK sends a body again when a try fails, and adds up its checksum before.
    put: (key, parts) =>
      put(s3, bucketName, key, parts.length === 1 ? (parts[0] as Uint8Array) : copyRange(parts)),
    read: (key, position, sizeBytes) => read(s3, bucketName, key, position, sizeBytes),
    async delete(keys) {
      for (let start = 0; start < keys.length; start += deleteKeysMax) {
        await deleteChunk(s3, bucketName, keys.slice(start, start + deleteKeysMax));
      }
    },
    create: async (key) => createS3ObjectWriter(s3, bucketName, key),
    list: (prefix, countMax, after) => listKeys(s3, bucketName, prefix, countMax, after),
    listPrefixes: (prefix) => listPrefixes(s3, bucketName, prefix),
    deletePrefix: (prefix, countMax) => deleteListed(store, prefix, countMax),
  };
  return store;
}

async function put(
  s3: S3Client,
  bucketName: string,
  key: string,
  bytes: Uint8Array,
): Promise<PutOutcome> {
  for (let attempt = 1; ; attempt++) {
    try {
      const command = new PutObjectCommand({
        Bucket: bucketName,
        Key: key,
        Body: bytes,
        IfNoneMatch: '*',
      });
      await replyTo('write', s3.send(command));
      return 'written';
    } catch (error) {
      if (!(error instanceof S3ServiceException)) throw error;
      if (error.name === 'PreconditionFailed') return 'exists';
      if (error.name !== 'ConditionalRequestConflict') throw error;
      if (attempt === putAttemptsMax) throw conflict(key, error);
      // The other request can only be our own earlier attempt: it is about to end.
      await new Promise((resolve) => setTimeout(resolve, putRetryDelayMs * attempt));
    }
  }
}

function conflict(key: string, cause: S3ServiceException): StoreError {
  return new StoreError(`a request for object ${key} stays in progress`, {
    reason: 'unavailable',
    effect: 'unknown',
    cause,
  });
}

async function read(
  s3: S3Client,
  bucketName: string,
  key: string,
  position: number,
  sizeBytes: number,
): ReturnType<ObjectStore['read']> {
  assert(sizeBytes > 0, 'a range has at least one byte');
  const command = new GetObjectCommand({
    Bucket: bucketName,
    Key: key,
    Range: `bytes=${position}-${position + sizeBytes - 1}`,
  });
  try {
    const { Body } = await replyTo('read', s3.send(command));
    const body = await replyTo('read', Body?.transformToByteArray() ?? noBytes());
    if (body.length !== sizeBytes) throw wrongSize(key, position, sizeBytes, body.length);
    // Never as a Buffer, whose slice() would be a view where a copy is meant.
    return { kind: 'bytes', bytes: new Uint8Array(body.buffer, body.byteOffset, body.length) };
  } catch (error) {
    if (error instanceof NoSuchKey) return { kind: 'missing' };
    if (error instanceof S3ServiceException && error.name === 'InvalidRange') {
      throw wrongSize(key, position, sizeBytes, 0, error);
    }
    throw error;
  }
}

async function noBytes(): Promise<Uint8Array> {
  return new Uint8Array(0);
}

function wrongSize(
  key: string,
  position: number,
  sizeBytes: number,
  foundBytes: number,
  cause?: unknown,
): StoreError {
  return new StoreError(
    `object ${key} has ${foundBytes} bytes at ${position}, not the ${sizeBytes} that were asked for`,
    { reason: 'corrupt', effect: 'none', cause },
  );
}

async function deleteChunk(
  s3: S3Client,
  bucketName: string,
  keys: readonly string[],
): Promise<void> {
  const command = new DeleteObjectsCommand({
    Bucket: bucketName,
    Delete: { Objects: keys.map((key) => ({ Key: key })), Quiet: true },
  });
  const { Errors = [] } = await replyTo('write', s3.send(command));
  const [error] = Errors;
  if (!error) return;
  throw new StoreError(
    `${Errors.length} of ${keys.length} objects were not deleted: ${error.Code} ${error.Message}`,
    { reason: reasonOfCode(error.Code), effect: 'unknown' },
  );
}
