/**
 * Where a record belongs in the hash space: the MD5 of its partition key, or the explicit hash key.
 */

import { hash } from 'node:crypto';
import { hashText } from '../log/lineage.js';
import { invalidArgument } from './kinesis-error.js';

const space = 2n ** 128n;

export function hashOfPartitionKey(partitionKey: string): string {
  return hash('md5', partitionKey, 'hex');
}

export function hashOfExplicitKey(decimal: string): string {
  const place = BigInt(decimal);
  if (place < space) return hashText(place);
  throw invalidArgument(
    `Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was ${decimal}`,
  );
}
