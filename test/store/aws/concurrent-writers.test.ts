/**
 * Many instances append to one partition at once, each a broker of its own as each Lambda is: offsets
 * stay dense, nothing is indexed twice, nobody fails, and a batch costs little more than one write.
 */

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { acceptRecords } from '../../../lib/broker/accept-records.js';
import { createBroker } from '../../../lib/broker/broker.js';
import { brokerDefaults } from '../../../lib/broker/broker-settings.js';
import { type PartitionRef, placeEntries, placeTail } from '../../../lib/log/partition-head.js';
import { decodeRecords } from '../../../lib/log/record-batch.js';
import { createJsonLogger } from '../../../lib/runtime/json-logger.js';
import { nodeCodecs } from '../../../lib/runtime/node-codecs.js';
import { createNodeWorld } from '../../../lib/runtime/node-world.js';
import { ensureTable } from '../../../lib/store/aws/create-table.js';
import { createDynamoPartitionIndex } from '../../../lib/store/aws/dynamo-partition-index.js';
import { createMemoryGroups } from '../../../lib/store/memory/memory-groups.js';
import { createMemoryJobs } from '../../../lib/store/memory/memory-jobs.js';
import { createMemoryKeys } from '../../../lib/store/memory/memory-keys.js';
import { createMemoryObjects, createMemoryTopics } from '../../../lib/store/memory/memory-store.js';
import type { Stores } from '../../../lib/store/stores.js';
import { announceSkip } from '../../support/announce-skip.js';
import { dynamodbLocalMissing, startDynamodbLocal } from '../../support/dynamodb-local.js';
import { countRequests, type RequestCounter } from '../../support/request-counter.js';

const tableName = 'logbrook';
const batchesPerWriter = 20;
const utf8 = new TextEncoder();
const missing = announceSkip('concurrent writers on DynamoDB Local', dynamodbLocalMissing());

describe.skipIf(missing)('concurrent writers on DynamoDB', () => {
  let server: Awaited<ReturnType<typeof startDynamodbLocal>>;
  let dynamodb: DynamoDBClient;
  let requests: RequestCounter;

  beforeAll(async () => {
    server = await startDynamodbLocal();
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    dynamodb = new DynamoDBClient({ endpoint: server.endpoint, region: 'us-east-1', credentials });
    requests = countRequests(dynamodb);
    await ensureTable(dynamodb, tableName);
  });

  afterAll(async () => {
    dynamodb?.destroy();
    await server?.stop();
  });

  test.each([
    { writers: 8, writesPerBatchMax: 1.2 },
    { writers: 50, writesPerBatchMax: 1.4 },
  ])('$writers writers take at most $writesPerBatchMax writes per batch', async (scenario) => {
    const { writers, writesPerBatchMax } = scenario;
    const shared: Stores = {
      objects: createMemoryObjects(),
      index: createDynamoPartitionIndex(dynamodb, tableName),
      topics: createMemoryTopics(),
      inlineBytesMax: undefined,
      groups: createMemoryGroups(),
      keys: createMemoryKeys(),
      jobs: createMemoryJobs(),
      shared: true,
      close: async () => {},
    };
    const world = createNodeWorld(createJsonLogger('warn'));
    const newBroker = () => createBroker(shared, nodeCodecs, world, brokerDefaults);
    const reader = newBroker();
    const { topicId } = await reader.topics.create(`writers-${writers}`, 1);
    const ref = { topicId, partition: 0 };
    requests.reset();

    const acknowledged = await Promise.all(
      Array.from({ length: writers }, (_, writer) => write(newBroker(), ref, writer)),
    );

    const batches = writers * batchesPerWriter;
    const writes = requests.of('UpdateItem', 'PutItem');
    expect(writes / batches).toBeLessThanOrEqual(writesPerBatchMax);
    expect(requests.of('GetItem', 'Query', 'TransactWriteItems')).toBe(0);
    await expectDenseLog(shared, reader, ref, acknowledged.flat());
  });
});

type Acknowledged = { readonly offset: number; readonly text: string };

async function write(
  broker: ReturnType<typeof createBroker>,
  ref: PartitionRef,
  writer: number,
): Promise<Acknowledged[]> {
  const acknowledged: Acknowledged[] = [];
  for (let i = 0; i < batchesPerWriter; i++) {
    const text = `writer ${writer} batch ${i}`;
    const record = { key: null, value: utf8.encode(text), headers: [], timestampMs: 1 };
    const [result] = await broker.append([acceptRecords(ref, [record], nodeCodecs, 2)]);
    if (result?.kind !== 'appended') throw result?.error ?? new Error('no result');
    acknowledged.push({ offset: result.baseOffset, text });
  }
  await broker.idle();
  return acknowledged;
}

async function expectDenseLog(
  stores: Stores,
  reader: ReturnType<typeof createBroker>,
  ref: PartitionRef,
  acknowledged: readonly Acknowledged[],
): Promise<void> {
  const head = await reader.head(ref);
  expect(head.nextOffset).toBe(acknowledged.length);
  const pages = await stores.index.findPages(ref, 0, 1_000);
  const indexed = [
    ...pages.flatMap((page) => placeEntries(page.baseOffset, page.locations)),
    ...placeTail(head),
  ];
  let expected = 0;
  for (const location of indexed) {
    expect(location.baseOffset).toBe(expected);
    expected += location.recordCount;
  }
  expect(expected).toBe(head.nextOffset);
  expect(new Set(indexed.map((l) => `${l.objectKey}@${l.position}`)).size).toBe(indexed.length);
  const read = await readAll(reader, ref, head.nextOffset);
  const wanted = [...acknowledged].sort((a, b) => a.offset - b.offset);
  expect(read).toEqual(wanted);
}

async function readAll(
  reader: ReturnType<typeof createBroker>,
  ref: PartitionRef,
  end: number,
): Promise<Acknowledged[]> {
  const read: Acknowledged[] = [];
  let offset = 0;
  while (offset < end) {
    const { batches, nextOffset } = await reader.fetch(ref, {
      offset,
      bytesMax: 1 << 20,
      waitMs: 0,
    });
    for (const record of batches.flatMap((batch) => decodeRecords(batch, nodeCodecs))) {
      read.push({
        offset: record.offset,
        text: new TextDecoder().decode(record.value ?? undefined),
      });
    }
    offset = nextOffset;
  }
  return read;
}
