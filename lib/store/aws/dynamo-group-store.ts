/**
 * Consumer groups and their offsets, in the same DynamoDB table as the partition index. Every change is
 * one conditional write; every read is strongly consistent.
 */

import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { Group } from '../../coordinator/group.js';
import type { PartitionRef } from '../../log/partition-head.js';
import type { GroupStore, GroupVersion, OffsetOutcome } from '../group-store.js';
import { StoreError } from '../store-error.js';
import { decodeStored, replyTo } from './aws-errors.js';
import { listItems, queryPages } from './dynamo-listing.js';
import { forEachInFlight } from './in-flight.js';
import { type Item, numberOf, numberValue, textOf } from './items/attributes.js';
import {
  groupFromItem,
  groupKey,
  groupListKey,
  groupsPartitionKey,
  groupToItem,
} from './items/group-item.js';
import { offsetFromItem, offsetKey, offsetsPartitionKey } from './items/offset-item.js';
import {
  commitOffsetExpression,
  type OffsetExpression,
  raiseFenceExpression,
} from './offset-expressions.js';

/** Offsets written at once by one call. */
const offsetsInFlightMax = 32;

const expectedGroup = {
  ConditionExpression: 'u = :uid AND e = :epoch',
  ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
} as const;

export function createDynamoGroupStore(dynamodb: DynamoDBClient, tableName: string): GroupStore {
  const table = { TableName: tableName };

  async function read(groupId: string): Promise<Group | undefined> {
    const command = new GetItemCommand({ ...table, Key: groupKey(groupId), ConsistentRead: true });
    const { Item } = await replyTo('read', dynamodb.send(command));
    return Item && decodeStored('none', () => groupFromItem(Item));
  }

  async function putListed(groupId: string): Promise<void> {
    const command = new PutItemCommand({ ...table, Item: groupListKey(groupId) });
    await replyTo('write', dynamodb.send(command));
  }

  async function swap(
    groupId: string,
    expected: GroupVersion | undefined,
    next: Group,
  ): Promise<'swapped' | 'conflict'> {
    const swapper = crypto.randomUUID();
    const condition = expected
      ? { ...expectedGroup, ExpressionAttributeValues: versionValues(expected) }
      : { ...expectedGroup, ConditionExpression: 'attribute_not_exists(pk)' };
    const Item = groupToItem(groupId, next, swapper);
    try {
      await replyTo('write', dynamodb.send(new PutItemCommand({ ...table, Item, ...condition })));
      return 'swapped';
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      // With our own mark, it is this very call whose first reply was lost.
      return error.Item?.w?.S === swapper ? 'swapped' : 'conflict';
    }
  }

  /** The item as it is when the condition fails, or undefined when the update was made. */
  async function update(Key: Item, expression: OffsetExpression): Promise<Item | undefined> {
    const command = new UpdateItemCommand({
      ...table,
      Key,
      ...expression,
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    try {
      await replyTo('write', dynamodb.send(command));
      return undefined;
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      return error.Item ?? {};
    }
  }

  async function removeOffset(Key: Item, epoch: number): Promise<'deleted' | 'fenced'> {
    const command = new DeleteItemCommand({
      ...table,
      Key,
      ConditionExpression: 'attribute_not_exists(f) OR f <= :epoch',
      ExpressionAttributeValues: { ':epoch': numberValue(epoch) },
    });
    try {
      await replyTo('write', dynamodb.send(command));
      return 'deleted';
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return 'fenced';
      throw error;
    }
  }

  async function* offsetItems(uid: string, topicId?: string): AsyncGenerator<Item> {
    const prefix = topicId === undefined ? '' : ' AND begins_with(sk, :topic)';
    const pages = queryPages(dynamodb, {
      ...table,
      KeyConditionExpression: `pk = :pk${prefix}`,
      ExpressionAttributeValues: {
        ':pk': { S: offsetsPartitionKey(uid) },
        ...(topicId !== undefined && { ':topic': { S: `${topicId}/` } }),
      },
    });
    for await (const items of pages) yield* items;
  }

  return {
    read,
    async compareAndSwap(groupId, expected, next) {
      if (expected) return swap(groupId, expected, next);
      // Listed before it exists, and once more after, since a deletion may have come in between.
      await putListed(groupId);
      const outcome = await swap(groupId, undefined, next);
      if (outcome === 'swapped') await putListed(groupId);
      return outcome;
    },
    async delete(groupId, expected) {
      const command = new DeleteItemCommand({
        ...table,
        Key: groupKey(groupId),
        ...expectedGroup,
        ExpressionAttributeValues: versionValues(expected),
      });
      try {
        await replyTo('write', dynamodb.send(command));
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
        // Gone already, it may be this very call whose first reply was lost: clear away all the same.
        if (error.Item) return 'conflict';
      }
      const listed = { ...table, Key: groupListKey(groupId) };
      await replyTo('write', dynamodb.send(new DeleteItemCommand(listed)));
      if (await read(groupId)) await putListed(groupId);
      for await (const { pk, sk } of offsetItems(expected.uid)) {
        if (pk && sk) await removeOffset({ pk, sk }, Number.MAX_SAFE_INTEGER);
      }
      return 'deleted';
    },
    async list(countMax, after) {
      const listing = { pk: groupsPartitionKey, countMax, after };
      const idOf = (item: Item) => textOf(item, 'sk');
      const { page: groupIds, ...more } = await listItems(dynamodb, tableName, listing, idOf);
      return { groupIds, ...more };
    },
    async raiseFences(uid, refs, epoch) {
      const expression = raiseFenceExpression(epoch);
      let overtaken = false;
      await forEachInFlight(refs, offsetsInFlightMax, async (ref) => {
        if (await update(offsetKey(uid, ref), expression)) overtaken = true;
      });
      return overtaken ? 'overtaken' : 'raised';
    },
    async commitOffsets(uid, terms, commits) {
      const outcomes: OffsetOutcome[] = [];
      await forEachInFlight(commits.entries(), offsetsInFlightMax, async ([i, commit]) => {
        const expression = commitOffsetExpression(terms, commit.committed);
        try {
          const found = await update(offsetKey(uid, commit.ref), expression);
          outcomes[i] = found ? refusalOf(found, terms.epoch) : { kind: 'committed' };
        } catch (error) {
          if (!(error instanceof StoreError)) throw error;
          outcomes[i] = { kind: 'failed', error };
        }
      });
      return outcomes;
    },
    async fetchOffsets(uid, topicId) {
      const offsets = [];
      for await (const item of offsetItems(uid, topicId)) {
        const offset = decodeStored('none', () => offsetFromItem(item));
        if (offset) offsets.push(offset);
      }
      return offsets;
    },
    async deleteOffsets(uid, refs, epoch) {
      const outcomes: ('deleted' | 'fenced')[] = [];
      await forEachInFlight(
        refs.entries(),
        offsetsInFlightMax,
        async ([i, ref]: [number, PartitionRef]) => {
          outcomes[i] = await removeOffset(offsetKey(uid, ref), epoch);
        },
      );
      return outcomes;
    },
  };
}

function versionValues({ uid, epoch }: GroupVersion) {
  return { ':uid': { S: uid }, ':epoch': numberValue(epoch) };
}

/** Which part of the condition did not hold. */
function refusalOf(item: Item, epoch: number): OffsetOutcome {
  return decodeStored('none', (): OffsetOutcome => {
    if (!item.f || numberOf(item, 'f') > epoch) return { kind: 'fenced' };
    return { kind: 'behind', offset: numberOf(item, 'o') };
  });
}
