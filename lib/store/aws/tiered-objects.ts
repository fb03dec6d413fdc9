/**
 * Objects in two places, told apart by their keys: small flushes in the table, everything else in S3.
 */

import { parseWalKey } from '../../log/wal-key.js';
import type { ObjectStore } from '../object-store.js';
import { type InlineObjects, inlineRoot } from './dynamo-inline-objects.js';

export function createTieredObjects(inline: InlineObjects, s3: ObjectStore): ObjectStore {
  const isInline = (key: string) => parseWalKey(key)?.inline === true;
  const placeOf = (key: string) => (isInline(key) ? inline : s3);
  const homeOf = (prefix: string) => (prefix.startsWith(inlineRoot) ? inline : s3);
  return {
    ...s3,
    put: (key, parts) => placeOf(key).put(key, parts),
    read: (key, position, sizeBytes) => placeOf(key).read(key, position, sizeBytes),
    async delete(keys) {
      const inItems = keys.filter(isInline);
      const inS3 = keys.filter((key) => !isInline(key));
      if (inItems.length > 0) await inline.delete(inItems);
      if (inS3.length > 0) await s3.delete(inS3);
    },
    list: (prefix, countMax, after) => homeOf(prefix).list(prefix, countMax, after),
    listPrefixes: (prefix) => homeOf(prefix).listPrefixes(prefix),
    deletePrefix: (prefix, countMax) => homeOf(prefix).deletePrefix(prefix, countMax),
  };
}
