/**
 * lib/client/consumer: what a deserializer does not take ends a run, is skipped, or goes to another topic
 * as the bytes it is.
 */

import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ConsumerRecord } from '../../../lib/client/consumer/consumer-record.js';
import { deadLetter } from '../../../lib/client/consumer/dead-letter.js';
import { fixedMembership, type Membership } from '../../../lib/client/consumer/membership.js';
import type { Position } from '../../../lib/client/consumer/owned-partitions.js';
import type { OnFailure } from '../../../lib/client/consumer/record-handling.js';
import { createLogbrook, type Logbrook } from '../../../lib/client/logbrook.js';
import { bytesSerde, jsonSerde } from '../../../lib/client/serializers.js';
import { nodeCodecs } from '../../../lib/runtime/node-codecs.js';
import { eagerTiming, startTestServer, type TestServer, testUrl } from '../in-process-server.js';

type Order = { readonly n: number };
const json = jsonSerde<Order>();

let server: TestServer;
let logbrook: Logbrook;
beforeEach(async () => {
  server = startTestServer();
  logbrook = createLogbrook({ url: testUrl, fetch: server.fetch, timing: eagerTiming }, nodeCodecs);
  await server.client.createTopic('orders', 1);
  await server.client.createTopic('orders.failed', 1);
});
afterEach(() => server.close());

/** Neither UTF-8 nor JSON. */
const noKey = Uint8Array.of(0xff, 0, 0xfe);
const noValue = Uint8Array.of(0x7b, 0xff);
const readable = (n: number) => ({ key: json.serialize({ n }), value: json.serialize({ n }) });

async function send(...records: { key: Uint8Array | null; value: Uint8Array | null }[]) {
  await using producer = logbrook.producer();
  for (const record of records) {
    const headers = [['trace', Uint8Array.of(1)]] as const;
    await producer.sendBytes({ topic: 'orders', ...record, headers, timestampMs: 5 });
  }
}

type OrderRecord = ConsumerRecord<Order | null, Order | null>;
type Source = { readonly topics: readonly string[] } | { readonly membership: Membership };

const orders = (source: Source) =>
  logbrook.consumer({ ...source, key: json.deserialize, value: json.deserialize });

const orderProducer = () =>
  logbrook.producer({ keySerializer: json.serialize, valueSerializer: json.serialize });

/** Handled until the one with this number; each try counts. */
async function run(
  last: number,
  onFailure?: OnFailure<OrderRecord>,
  source: Source = { topics: ['orders'] },
) {
  const consumer = orders(source);
  const seen: (number | undefined)[] = [];
  await consumer.run(
    ({ value }) => {
      seen.push(value?.n);
      if (value?.n === last) setImmediate(() => void consumer.close());
    },
    { retries: 3, ...(onFailure && { onFailure }) },
  );
  return seen;
}

async function failed(count: number) {
  await using consumer = logbrook.consumer({
    topics: ['orders.failed'],
    key: bytesSerde.deserialize,
    value: bytesSerde.deserialize,
  });
  const found = [];
  for await (const record of consumer) {
    found.push(record);
    if (found.length === count) break;
  }
  return found;
}

test('it goes to the dead-letter topic as the bytes it was, and the others go on', async () => {
  await send(
    readable(0),
    { ...readable(1), value: noValue },
    { key: noKey, value: null },
    readable(3),
  );
  await using producer = orderProducer();
  expect(await run(3, deadLetter(producer, 'orders.failed'))).toEqual([0, 3]);
  const [end] = (await server.client.listOffsets('orders.failed')).partitions;
  expect(end?.latest).toBe(2);
  const [one, two] = await failed(2);
  expect([one?.key, one?.value]).toEqual([readable(1).key, noValue]);
  expect([two?.key, two?.value]).toEqual([noKey, null]);
  const text = new TextDecoder();
  const headers = one?.headers.map(([name, value]) => [name, text.decode(value ?? undefined)]);
  expect(headers).toEqual([
    ['trace', '\u0001'],
    ['dead-letter.topic', 'orders'],
    ['dead-letter.partition', '0'],
    ['dead-letter.offset', '1'],
    ['dead-letter.timestamp', '5'],
    ['dead-letter.error', expect.stringMatching(/The value in orders\/0 at offset 1 is not what/)],
  ]);
  const [, reason] = two?.headers.at(-1) ?? [];
  expect(text.decode(reason ?? undefined)).toMatch(/The key in orders\/0 at offset 2 is not what/);
});

test('it is skipped where failures are', async () => {
  await send({ ...readable(0), value: noValue }, readable(1));
  expect(await run(1, 'skip')).toEqual([1]);
});

test.each<[string, OnFailure<OrderRecord> | undefined]>([
  ['nothing is said of failures', undefined],
  ['they stop the run', 'stop'],
  ['a function of its own takes them', async () => {}],
])('it ends the run where %s', async (_what, onFailure) => {
  await send({ ...readable(0), value: noValue }, readable(1));
  await expect(run(1, onFailure)).rejects.toMatchObject({
    code: 'INVALID_RECORD',
    details: { topic: 'orders', partition: 0, offset: 0 },
  });
});

test('it is finished once it is durable elsewhere, and not before', async () => {
  await send({ ...readable(0), value: noValue }, readable(1));
  const commits: Position[] = [];
  const start = [{ topic: 'orders', partition: 0, offset: 0 }];
  const membership: Membership = {
    ...fixedMembership(async () => start),
    commit: async (positions) => void commits.push(...positions),
  };
  await using producer = orderProducer();
  const lost = run(1, deadLetter(producer, 'not-there'), { membership });
  await expect(lost).rejects.toMatchObject({ code: 'UNKNOWN_TOPIC_OR_PARTITION' });
  expect(commits).toEqual([]);
  await run(1, deadLetter(producer, 'orders.failed'), { membership });
  expect(commits).toEqual([{ topic: 'orders', partition: 0, offset: 2 }]);
});
