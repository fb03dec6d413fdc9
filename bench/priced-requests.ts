/**
 * What requests would cost: S3 by count, DynamoDB by the units that its replies report, every attempt
 * included. A conditional write that is refused reports no units and is not priced; there are few.
 */

import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { S3Client } from '@aws-sdk/client-s3';
import type { Prices } from '../lib/settings/prices.js';

export type Bill = {
  s3Puts: number;
  s3Gets: number;
  s3Lists: number;
  writeUnits: number;
  readUnits: number;
};

export type Meter = { read(): Bill; reset(): void };

const emptyBill = (): Bill => ({ s3Puts: 0, s3Gets: 0, s3Lists: 0, writeUnits: 0, readUnits: 0 });

const puts = ['PutObject', 'CreateMultipartUpload', 'UploadPart', 'CompleteMultipartUpload'];
const reads = ['GetItem', 'Query', 'BatchGetItem'];

type Capacity = { readonly CapacityUnits?: number };

export function meterRequests(dynamodb: DynamoDBClient, s3: S3Client): Meter {
  let bill = emptyBill();
  s3.middlewareStack.add(
    (next, context) => async (args) => {
      const name = commandOf(context);
      if (puts.includes(name)) bill.s3Puts++;
      if (name === 'GetObject') bill.s3Gets++;
      if (name === 'ListObjectsV2') bill.s3Lists++;
      return next(args);
    },
    { step: 'deserialize', name: 'meterRequests', priority: 'low' },
  );
  dynamodb.middlewareStack.add(
    (next, context) => async (args) => {
      Object.assign(args.input as object, { ReturnConsumedCapacity: 'TOTAL' });
      const reply = await next(args);
      const { ConsumedCapacity } = reply.output as { ConsumedCapacity?: Capacity | Capacity[] };
      const units = [ConsumedCapacity ?? []]
        .flat()
        .reduce((sum, { CapacityUnits = 0 }) => sum + CapacityUnits, 0);
      if (reads.includes(commandOf(context))) bill.readUnits += units;
      else bill.writeUnits += units;
      return reply;
    },
    { step: 'initialize', name: 'meterRequests' },
  );
  return {
    read: () => ({ ...bill }),
    reset: () => {
      bill = emptyBill();
    },
  };
}

function commandOf({ commandName }: { readonly commandName?: string }): string {
  return (commandName ?? '').replace(/Command$/, '');
}

/** In USD. */
export function costOf(bill: Bill, prices: Prices): number {
  const perMillion =
    bill.s3Puts * prices.s3Put +
    bill.s3Gets * prices.s3Get +
    bill.s3Lists * prices.s3List +
    bill.writeUnits * prices.writeUnit +
    bill.readUnits * prices.readUnit;
  return perMillion / 1_000_000;
}

/** Of one invocation of that length. */
export function lambdaCost(seconds: number, memoryGib: number, prices: Prices): number {
  return (prices.lambdaRequest + seconds * memoryGib * prices.lambdaGibSecond) / 1_000_000;
}
