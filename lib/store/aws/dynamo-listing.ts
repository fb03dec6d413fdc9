/**
 * Lists of what shares one partition key, in the order of the sort keys, page by page. Strongly consistent.
 */

import {
  type DynamoDBClient,
  QueryCommand,
  type QueryCommandInput,
} from '@aws-sdk/client-dynamodb';
import { decodeStored, replyTo } from './aws-errors.js';
import { type Item, textOf } from './items/attributes.js';

/** The answers to a query, each with as many items as DynamoDB gave; one can be empty and not the last. */
export async function* queryPages(
  dynamodb: DynamoDBClient,
  query: Omit<QueryCommandInput, 'ConsistentRead' | 'ExclusiveStartKey'>,
): AsyncGenerator<readonly Item[]> {
  let from: Item | undefined;
  do {
    const command = new QueryCommand({ ...query, ConsistentRead: true, ExclusiveStartKey: from });
    const { Items = [], LastEvaluatedKey } = await replyTo('read', dynamodb.send(command));
    yield Items;
    from = LastEvaluatedKey;
  } while (from);
}

export type Listing = {
  /** The partition key. */
  readonly pk: string;
  readonly countMax: number;
  /** The sort key that the page before ended with. */
  readonly after: string | undefined;
};

/**
 * `after` is there if and only if there are more; it begins the next page. Asks for one more than it
 * returns: that alone tells.
 */
export async function listItems<T>(
  dynamodb: DynamoDBClient,
  tableName: string,
  { pk, countMax, after }: Listing,
  decode: (item: Item) => T,
): Promise<{ readonly page: T[]; readonly after?: string }> {
  const keyOf = (sk: string) => ({ pk: { S: pk }, sk: { S: sk } });
  const found: Item[] = [];
  let from: Item | undefined = after === undefined ? undefined : keyOf(after);
  do {
    const command: QueryCommand = new QueryCommand({
      TableName: tableName,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': { S: pk } },
      ConsistentRead: true,
      Limit: countMax + 1 - found.length,
      ExclusiveStartKey: from,
    });
    const reply = await replyTo('read', dynamodb.send(command));
    found.push(...(reply.Items ?? []));
    const last = reply.LastEvaluatedKey;
    from = last && keyOf(decodeStored('none', () => textOf(last, 'sk')));
  } while (from && found.length <= countMax);
  const items = found.slice(0, countMax);
  const page = decodeStored('none', () => items.map(decode));
  const last = items.at(-1);
  if (found.length <= countMax || !last) return { page };
  return { page, after: decodeStored('none', () => textOf(last, 'sk')) };
}
