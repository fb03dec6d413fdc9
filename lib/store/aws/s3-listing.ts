/**
 * Listing objects in S3, for the jobs: page by page, in the order of keys.
 */

import { ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import { replyTo } from './aws-errors.js';

/** S3's own limit for one page. */
const keysPerPageMax = 1_000;

export async function listKeys(
  s3: S3Client,
  bucketName: string,
  prefix: string,
  countMax: number,
  after: string | undefined,
): Promise<string[]> {
  const keys: string[] = [];
  let from: string | undefined;
  do {
    const command = new ListObjectsV2Command({
      Bucket: bucketName,
      Prefix: prefix,
      MaxKeys: Math.min(keysPerPageMax, countMax - keys.length),
      ...(from === undefined ? { StartAfter: after } : { ContinuationToken: from }),
    });
    const { Contents = [], NextContinuationToken } = await replyTo('read', s3.send(command));
    keys.push(...Contents.flatMap(({ Key }) => (Key === undefined ? [] : [Key])));
    from = NextContinuationToken;
  } while (from !== undefined && keys.length < countMax);
  return keys;
}

export async function listPrefixes(
  s3: S3Client,
  bucketName: string,
  prefix: string,
): Promise<string[]> {
  const names: string[] = [];
  let from: string | undefined;
  do {
    const command = new ListObjectsV2Command({
      Bucket: bucketName,
      Prefix: prefix,
      Delimiter: '/',
      ContinuationToken: from,
    });
    const reply = await replyTo('read', s3.send(command));
    for (const { Prefix = '' } of reply.CommonPrefixes ?? []) {
      names.push(Prefix.slice(prefix.length, -1));
    }
    from = reply.NextContinuationToken;
  } while (from !== undefined);
  return names;
}
