/**
 * The hours that have inline objects, each by a marker item, and what lies in one. A process writes the
 * marker before its first inline object of an hour, so nothing that a commit points to is without one;
 * it goes after the last object of its hour. A process that was stopped between the two for longer than
 * clean-up waits marks the hour again when it goes on. Only one that dies in that very moment can leave an
 * object that nobody lists; no commit can point to that.
 */

import { DeleteItemCommand, type DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { keepNewest } from '../../log/keep-newest.js';
import { parseWalKey } from '../../log/wal-key.js';
import { decodeStored, replyTo } from './aws-errors.js';
import { queryPages } from './dynamo-listing.js';
import type { Item } from './items/attributes.js';
import {
  inlineHourFromItem,
  inlineHourKey,
  inlineHoursKey,
  inlineKeyFromItem,
  inlineShardKey,
  inlineShards,
} from './items/inline-item.js';

export type InlineHours = {
  /** Writes the marker, unless this process has done so. */
  mark(bucket: number): Promise<void>;
  /** Writes the marker, whatever this process has done before. */
  markAgain(bucket: number): Promise<void>;
  unmark(bucket: number): Promise<void>;
  /** Buckets as keys spell them. */
  list(): Promise<readonly string[]>;
  /** Keys of the objects in an hour, in order. */
  keysOf(bucket: number, countMax: number, after?: string): Promise<readonly string[]>;
};

/** A flush that was held up may still be of the hour before. */
const hoursRemembered = 4;
const hoursPerQuery = 1_000;

export function createInlineHours(dynamodb: DynamoDBClient, tableName: string): InlineHours {
  const marked = new Map<number, Promise<void>>();

  async function putMarker(bucket: number): Promise<void> {
    const command = new PutItemCommand({ TableName: tableName, Item: inlineHourKey(bucket) });
    await replyTo('write', dynamodb.send(command));
  }

  /** Sort keys of one item collection, all of them or those after `after`. */
  async function* sortKeys(pk: string, countMax: number, after?: string): AsyncGenerator<Item> {
    const pages = queryPages(dynamodb, {
      TableName: tableName,
      KeyConditionExpression: after === undefined ? 'pk = :pk' : 'pk = :pk AND sk > :after',
      ExpressionAttributeValues: {
        ':pk': { S: pk },
        ...(after !== undefined && { ':after': { S: after } }),
      },
      ProjectionExpression: 'sk',
      Limit: countMax,
    });
    for await (const items of pages) yield* items;
  }

  return {
    mark(bucket) {
      const known = marked.get(bucket);
      if (known !== undefined) return known;
      const marking = putMarker(bucket).catch((error: unknown) => {
        marked.delete(bucket);
        throw error;
      });
      keepNewest(marked, bucket, marking, hoursRemembered);
      return marking;
    },
    markAgain: putMarker,
    async unmark(bucket) {
      marked.delete(bucket);
      const command = new DeleteItemCommand({ TableName: tableName, Key: inlineHourKey(bucket) });
      await replyTo('write', dynamodb.send(command));
    },
    async list() {
      const buckets: string[] = [];
      for await (const item of sortKeys(inlineHoursKey, hoursPerQuery)) {
        buckets.push(decodeStored('none', () => inlineHourFromItem(item)));
      }
      return buckets;
    },
    async keysOf(bucket, countMax, after) {
      const keys: string[] = [];
      const uuid = after === undefined ? undefined : parseWalKey(after)?.uuid;
      for (const shard of inlineShards) {
        if (uuid !== undefined && shard < uuid.charAt(0)) continue;
        const left = countMax - keys.length;
        for await (const item of sortKeys(inlineShardKey(bucket, shard), left, uuid)) {
          keys.push(decodeStored('none', () => inlineKeyFromItem(bucket, item)));
          if (keys.length === countMax) return keys;
        }
      }
      return keys;
    },
  };
}
