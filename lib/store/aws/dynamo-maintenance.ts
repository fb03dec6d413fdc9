/**
 * The leader's part of the partition index on DynamoDB. A page is replaced in one transaction with the
 * check of the leader epoch: twice the price, but nothing that an append or a read ever does.
 */

import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Leadership } from '../../log/lease.js';
import type { PageReplacement } from '../../log/page-replacement.js';
import type { PartitionRef } from '../../log/partition-head.js';
import type { PartitionMaintenance, ReplaceOutcome } from '../partition-maintenance.js';
import { deleteItems } from './dynamo-deletions.js';
import type { DynamoItems } from './dynamo-items.js';
import { queryPages } from './dynamo-listing.js';
import { transact } from './dynamo-transactions.js';
import { numberValue } from './items/attributes.js';
import { headKey } from './items/head-item.js';
import { notesFromItem, notesKey, notesToItem } from './items/notes-item.js';
import { pageSortKey, pageToItem } from './items/page-item.js';
import { partitionKey } from './items/partition-key.js';
import {
  releaseLeaseExpression,
  renewLeaseExpression,
  replacementExpression,
  takeLeaseExpression,
} from './lease-expressions.js';

export function createDynamoMaintenance(
  dynamodb: DynamoDBClient,
  tableName: string,
  { changeHead, putUnlessTaken, getItem }: DynamoItems,
): PartitionMaintenance {
  return {
    async takeLease(ref, request) {
      const change = await changeHead(ref, takeLeaseExpression(request));
      // Its own earlier request, whose reply was lost.
      const holds = change.kind === 'refused' && change.head.lease.leader === request.candidate;
      return holds ? { kind: 'changed', head: change.head } : change;
    },
    renewLease: (ref, leadership, leaseExpiresMs) =>
      changeHead(ref, renewLeaseExpression(leadership, leaseExpiresMs)),
    releaseLease: (ref, leadership) => changeHead(ref, releaseLeaseExpression(leadership)),
    replacePages: (ref, leadership, replacement) =>
      replacePages(dynamodb, tableName, ref, leadership, replacement),
    deletePages: (ref, ends) =>
      deleteItems(
        dynamodb,
        tableName,
        ends.map((end) => ({ pk: { S: partitionKey(ref) }, sk: { S: pageSortKey(end) } })),
      ),
    readNotes: (ref) => getItem(notesKey(ref), notesFromItem),
    writeNotes: (ref, leaderEpoch, notes) =>
      putUnlessTaken({
        Item: notesToItem(ref, leaderEpoch, notes),
        ConditionExpression: 'attribute_not_exists(pk) OR e <= :e',
        ExpressionAttributeValues: { ':e': numberValue(leaderEpoch) },
      }),
    sweepPartition: (ref) => sweepPartition(dynamodb, tableName, ref),
  };
}

async function replacePages(
  dynamodb: DynamoDBClient,
  tableName: string,
  ref: PartitionRef,
  leadership: Leadership,
  replacement: PageReplacement,
): Promise<ReplaceOutcome> {
  const { UpdateExpression, ...condition } = replacementExpression(leadership, replacement);
  const head = {
    TableName: tableName,
    Key: headKey(ref),
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
    ...condition,
  };
  const onHead = UpdateExpression
    ? { Update: { ...head, UpdateExpression } }
    : { ConditionCheck: head };
  const put = { TableName: tableName, Item: pageToItem(ref, replacement.page) };
  const deletes = (replacement.replaces ?? []).map((end) => ({
    Delete: {
      TableName: tableName,
      Key: { pk: { S: partitionKey(ref) }, sk: { S: pageSortKey(end) } },
    },
  }));
  const reasons = await transact(dynamodb, [onHead, { Put: put }, ...deletes]);
  if (!reasons) return 'replaced';
  return reasons[0]?.Item ? 'refused' : 'noPartition';
}

async function sweepPartition(
  dynamodb: DynamoDBClient,
  tableName: string,
  ref: PartitionRef,
): Promise<void> {
  const pages = queryPages(dynamodb, {
    TableName: tableName,
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': { S: partitionKey(ref) } },
    ProjectionExpression: 'pk, sk',
  });
  for await (const items of pages) await deleteItems(dynamodb, tableName, items);
}
