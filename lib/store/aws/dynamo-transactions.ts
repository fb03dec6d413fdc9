/**
 * Several changes as one, each with its condition. Twice the price and three times the latency of single
 * updates, so nothing that an append or a read ever does.
 */

import {
  type CancellationReason,
  type DynamoDBClient,
  TransactionCanceledException,
  TransactWriteItemsCommand,
  type TransactWriteItemsCommandInput,
} from '@aws-sdk/client-dynamodb';
import { StoreError } from '../store-error.js';
import { replyTo } from './aws-errors.js';
import { pauseAfter } from './dynamo-deletions.js';

/** An item that is written to all the time is often in the midst of an update. */
const attemptsMax = 10;

/** Undefined: all of it happened. Else a condition failed, and there is a reason for each action. */
export async function transact(
  dynamodb: DynamoDBClient,
  items: NonNullable<TransactWriteItemsCommandInput['TransactItems']>,
): Promise<readonly CancellationReason[] | undefined> {
  for (let attempt = 1; ; attempt++) {
    try {
      const command = new TransactWriteItemsCommand({ TransactItems: items });
      await replyTo('write', dynamodb.send(command));
      return undefined;
    } catch (error) {
      if (!(error instanceof TransactionCanceledException)) throw error;
      const reasons = error.CancellationReasons ?? [];
      if (reasons.some(hasFailed)) return reasons;
      if (attempt === attemptsMax) throw busy(error);
      await pauseAfter(attempt);
    }
  }
}

/** Whether it was this action's condition. */
export function hasFailed(reason: CancellationReason | undefined): boolean {
  return reason?.Code === 'ConditionalCheckFailed';
}

function busy(cause: Error): StoreError {
  const message = `${cause.name}: ${cause.message}`;
  return new StoreError(message, { reason: 'throttled', effect: 'none', cause });
}
