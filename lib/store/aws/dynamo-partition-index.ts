/**
 * The partition index on one DynamoDB table. Every change of a head is one conditional UpdateItem with no
 * read before it; every read is strongly consistent.
 *
 * The SDK sends a call again when its reply was lost. A commit that took effect the first time is then
 * `refused`, with a head that holds it already: the caller looks for its own batch before it concludes
 * anything. The other calls end in the same state when they are carried out twice.
 */

import { DeleteItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { CommitRequest } from '../../log/commit.js';
import type { IndexPage } from '../../log/index-page.js';
import { leads } from '../../log/lease.js';
import { emptyHead, type PartitionHead, type PartitionRef } from '../../log/partition-head.js';
import type { ParkedProducer } from '../../log/producer-state.js';
import type { CommitOutcome, HeadChange, PartitionIndex } from '../partition-index.js';
import { advanceExpression } from './advance-expression.js';
import { decodeStored, replyTo } from './aws-errors.js';
import { commitExpression } from './commit-expression.js';
import { dynamoItems } from './dynamo-items.js';
import { queryPages } from './dynamo-listing.js';
import { createDynamoMaintenance } from './dynamo-maintenance.js';
import {
  closeExpression,
  fencingTokenExpression,
  logStartExpression,
  walFloorExpression,
} from './fence-expressions.js';
import { forEachInFlight, partitionsOf } from './in-flight.js';
import { numberValue } from './items/attributes.js';
import { headFromItem, headKey, headToItem } from './items/head-item.js';
import { lastPageSortKey, pageFromItem, pageSortKey, pageToItem } from './items/page-item.js';
import {
  parkedProducerFromItem,
  parkedProducerKey,
  parkedProducerToItem,
} from './items/parked-producer-item.js';
import { partitionKey } from './items/partition-key.js';

/** Calls in flight while the heads of a topic are made or deleted. */
const headsInFlightMax = 16;

export function createDynamoPartitionIndex(
  dynamodb: DynamoDBClient,
  tableName: string,
): PartitionIndex {
  const table = { TableName: tableName };

  const items = dynamoItems(dynamodb, tableName);
  const { changeHead, putUnlessTaken, getItem } = items;

  return {
    ...createDynamoMaintenance(dynamodb, tableName, items),
    createPartitions: (topicId, from, to, walFloor = 0) =>
      forEachInFlight(partitionsOf(topicId, from, to), headsInFlightMax, async (ref) => {
        const made = await putUnlessTaken({
          Item: headToItem(ref, { ...emptyHead, walFloor }),
          ConditionExpression: 'attribute_not_exists(pk)',
        });
        if (!made && walFloor > 0) await changeHead(ref, walFloorExpression(walFloor));
      }),
    deletePartitions: (topicId, partitionCount) =>
      forEachInFlight(partitionsOf(topicId, 0, partitionCount), headsInFlightMax, (ref) =>
        replyTo('write', dynamodb.send(new DeleteItemCommand({ ...table, Key: headKey(ref) }))),
      ),
    commit: async (ref, request) =>
      asCommitOutcome(request, await changeHead(ref, commitExpression(request))),
    readHead: (ref) => getItem<PartitionHead>(headKey(ref), headFromItem),
    async writePage(ref, page) {
      const condition = { ConditionExpression: 'attribute_not_exists(pk)' };
      await putUnlessTaken({ Item: pageToItem(ref, page), ...condition });
    },
    advanceTail: (ref, advance) => changeHead(ref, advanceExpression(advance)),
    findPages: (ref, offset, pagesMax) => findPages(dynamodb, tableName, ref, offset, pagesMax),
    async parkProducer(ref, producer, state) {
      await putUnlessTaken({
        Item: parkedProducerToItem(ref, producer, state),
        ConditionExpression: 'attribute_not_exists(pk) OR o <= :o',
        ExpressionAttributeValues: { ':o': numberValue(state.lastBaseOffset) },
      });
    },
    findParkedProducer: (ref, producer) =>
      getItem<ParkedProducer>(parkedProducerKey(ref, producer), parkedProducerFromItem),
    setFencingToken: (ref, token, expected) =>
      changeHead(ref, fencingTokenExpression(token, expected)),
    closePartition: (ref) => changeHead(ref, closeExpression),
    async raiseWalFloor(ref, walFloor) {
      const change = await changeHead(ref, walFloorExpression(walFloor));
      // Refused, the floor is that high already: the promise holds.
      return change.kind === 'refused' ? { kind: 'changed', head: change.head } : change;
    },
    async raiseLogStart(ref, offset, leadership) {
      const change = await changeHead(ref, logStartExpression(offset, leadership));
      // Refused, it is that high already, or the log does not reach so far, or another leads.
      const holds =
        change.kind === 'refused' &&
        change.head.logStartOffset >= offset &&
        (!leadership || leads(change.head, leadership));
      return holds ? { kind: 'changed', head: change.head } : change;
    },
  };
}

function asCommitOutcome({ entry }: CommitRequest, change: HeadChange): CommitOutcome {
  if (change.kind !== 'changed') return change;
  const { head } = change;
  return { kind: 'committed', baseOffset: head.nextOffset - entry.recordCount, head };
}

async function findPages(
  dynamodb: DynamoDBClient,
  tableName: string,
  ref: PartitionRef,
  offset: number,
  pagesMax: number,
): Promise<readonly IndexPage[]> {
  const pages = queryPages(dynamodb, {
    TableName: tableName,
    KeyConditionExpression: 'pk = :pk AND sk BETWEEN :from AND :to',
    ExpressionAttributeValues: {
      ':pk': { S: partitionKey(ref) },
      ':from': { S: pageSortKey(offset + 1) },
      ':to': { S: lastPageSortKey },
    },
    Limit: pagesMax,
  });
  for await (const items of pages) {
    if (items.length > 0) return decodeStored('none', () => items.map(pageFromItem));
  }
  return [];
}
