/**
 * Small WAL objects as items of the table: one write where S3 takes a PUT, cheaper and faster up to a few
 * KiB. Like any object they are written once, and only what a commit points to is ever read.
 */

import { type DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb';
import { assert } from '../../log/assert.js';
import { parseWalKey, type WalKey, walBucketOf } from '../../log/wal-key.js';
import { deleteListed } from '../delete-listed.js';
import type { ObjectStore } from '../object-store.js';
import { StoreError } from '../store-error.js';
import { decodeStored, replyTo } from './aws-errors.js';
import { deleteItems } from './dynamo-deletions.js';
import { dynamoItems } from './dynamo-items.js';
import { createInlineHours } from './inline-hours.js';
import { inlineFromItem, inlineItemKey, inlineToItem } from './items/inline-item.js';

/** Small flushes are put at once: nothing here is written piece by piece. */
export type InlineObjects = Omit<ObjectStore, 'create'>;

/** What the keys of all inline objects begin with. */
export const inlineRoot = 'inline/';

/** Less than clean-up waits before it passes an hour. */
const heldUpMs = 3_600_000;

export function createDynamoInlineObjects(
  dynamodb: DynamoDBClient,
  tableName: string,
  nowMs: () => number = Date.now,
): InlineObjects {
  const table = { TableName: tableName };
  const { putUnlessTaken } = dynamoItems(dynamodb, tableName);
  const hours = createInlineHours(dynamodb, tableName);

  const deleteKeys = (keys: readonly string[]) =>
    deleteItems(
      dynamodb,
      tableName,
      keys.map((key) => inlineItemKey(walKeyOf(key))),
    );

  const list: ObjectStore['list'] = (prefix, countMax, after) =>
    hours.keysOf(bucketOf(prefix), countMax, after);

  return {
    async put(key, parts) {
      const walKey = walKeyOf(key);
      await hours.mark(walKey.bucket);
      const Item = inlineToItem(walKey, parts);
      const ConditionExpression = 'attribute_not_exists(pk)';
      const written = await putUnlessTaken({ Item, ConditionExpression });
      // Held up on its way: clean-up may have done with the hour, and has to come again.
      if (walBucketOf(nowMs() - heldUpMs) > walKey.bucket) await hours.markAgain(walKey.bucket);
      return written ? 'written' : 'exists';
    },
    async read(key, position, sizeBytes) {
      const Key = inlineItemKey(walKeyOf(key));
      const command = new GetItemCommand({ ...table, Key, ConsistentRead: true });
      const { Item } = await replyTo('read', dynamodb.send(command));
      if (!Item) return { kind: 'missing' };
      const object = decodeStored('none', () => inlineFromItem(Item));
      const bytes = object.slice(position, position + sizeBytes);
      if (bytes.length === sizeBytes) return { kind: 'bytes', bytes };
      throw new StoreError(`object ${key} ends at ${object.length}`, {
        reason: 'corrupt',
        effect: 'none',
      });
    },
    delete: deleteKeys,
    list,
    async listPrefixes(prefix) {
      assert(prefix === inlineRoot, `${prefix} is the prefix of all inline objects`);
      return hours.list();
    },
    async deletePrefix(prefix, countMax) {
      const deleted = await deleteListed({ list, delete: deleteKeys }, prefix, countMax);
      if (deleted < countMax) await hours.unmark(bucketOf(prefix));
      return deleted;
    },
  };
}

function bucketOf(prefix: string): number {
  const [, bucket] = /^inline\/([1-9]\d{9})\/$/.exec(prefix) ?? [];
  assert(bucket !== undefined, `${prefix} is the prefix of an hour of inline objects`);
  return Number(bucket);
}

function walKeyOf(key: string): WalKey {
  const parsed = parseWalKey(key);
  assert(parsed?.inline === true, `${key} is the key of an inline object`);
  return parsed;
}
