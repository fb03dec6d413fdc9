/**
 * Large objects in S3, written part by part: no more than one part is held in memory, and there is no
 * object before the upload is completed. What fits into one part is a plain put. An upload that a crash
 * leaves open is aborted by the bucket's lifecycle rule; nobody can ever read it.
 */

import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { assert } from '../../log/assert.js';
import type { ObjectWriter } from '../object-store.js';
import { replyTo } from './aws-errors.js';

/** S3 takes 10,000 parts of at least 5 MiB. */
export const uploadPartBytes = 8 * 1024 * 1024;

export function createS3ObjectWriter(s3: S3Client, bucketName: string, key: string): ObjectWriter {
  const place = { Bucket: bucketName, Key: key };
  const parts: CompletedPart[] = [];
  let buffer = new Uint8Array(uploadPartBytes);
  let buffered = 0;
  let uploadId: string | undefined;

  async function uploadPart(): Promise<void> {
    if (uploadId === undefined) {
      const created = await replyTo('write', s3.send(new CreateMultipartUploadCommand(place)));
      uploadId = created.UploadId;
    }
    const PartNumber = parts.length + 1;
    const Body = buffer.subarray(0, buffered);
    const part = { ...place, UploadId: uploadId, PartNumber, Body };
    const { ETag } = await replyTo('write', s3.send(new UploadPartCommand(part)));
    parts.push({ ETag, PartNumber });
    buffered = 0;
  }

  return {
    async append(bytes) {
      for (let taken = 0; taken < bytes.length; ) {
        if (buffered === buffer.length) await uploadPart();
        const piece = bytes.subarray(taken, taken + buffer.length - buffered);
        buffer.set(piece, buffered);
        buffered += piece.length;
        taken += piece.length;
      }
    },
    async finish() {
      if (uploadId === undefined) {
        const put = new PutObjectCommand({ ...place, Body: buffer.slice(0, buffered) });
        await replyTo('write', s3.send(put));
      } else {
        assert(buffered > 0, 'the last part holds the bytes that did not fit into the one before');
        await uploadPart();
        const MultipartUpload = { Parts: parts };
        const complete = { ...place, UploadId: uploadId, MultipartUpload };
        await replyTo('write', s3.send(new CompleteMultipartUploadCommand(complete)));
      }
      uploadId = undefined;
      buffer = new Uint8Array(0);
    },
    async abort() {
      if (uploadId === undefined) return;
      const abort = new AbortMultipartUploadCommand({ ...place, UploadId: uploadId });
      uploadId = undefined;
      await replyTo('write', s3.send(abort));
    },
  };
}
