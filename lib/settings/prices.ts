/**
 * What AWS charges, in USD per million requests or units (us-east-1, on demand, November 2026): the pages
 * aws.amazon.com/{s3,dynamodb,lambda}/pricing. From it follows where a small flush is stored.
 */

export type Prices = {
  readonly s3Put: number;
  readonly s3Get: number;
  readonly s3List: number;
  /** One write of up to 1 KiB. */
  readonly writeUnit: number;
  /** One strongly consistent read of up to 4 KiB. */
  readonly readUnit: number;
  readonly lambdaRequest: number;
  /** A million GiB-seconds on arm64. */
  readonly lambdaGibSecond: number;
};

export const prices: Prices = {
  s3Put: 5,
  s3Get: 0.4,
  s3List: 5,
  writeUnit: 0.625,
  readUnit: 0.125,
  lambdaRequest: 0.2,
  lambdaGibSecond: 13.3334,
};

const KiB = 1024;

/** Keys and attribute names of the item, which DynamoDB counts too. */
const itemOverheadBytes = 80;

/**
 * The largest object of a flush that costs less as an item than as an object. An item is paid for twice,
 * when it is written and when clean-up deletes it; deleting an object is free.
 */
export function inlineBytesMaxOf({ s3Put, writeUnit }: Prices): number {
  return Math.floor(s3Put / (2 * writeUnit)) * KiB - itemOverheadBytes;
}
