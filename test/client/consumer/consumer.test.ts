/** lib/client/consumer: every record once and in order, handlers, positions, what is read ahead. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Consumer, createConsumer } from '../../../lib/client/consumer/consumer.js';
import type { ConsumerOptions } from '../../../lib/client/consumer/consumer-options.js';
import { fixedMembership, type Membership } from '../../../lib/client/consumer/membership.js';
import type { Position } from '../../../lib/client/consumer/owned-partitions.js';
import { askedMax } from '../../../lib/client/consumer/read-ahead.js';
import { type StartPosition, startOffsets } from '../../../lib/client/consumer/start-position.js';
import { createHttpClient } from '../../../lib/client/http-client.js';
import { createProducer } from '../../../lib/client/producer/producer.js';
import { stringSerde } from '../../../lib/client/serializers.js';
import { nodeCodecs } from '../../../lib/runtime/node-codecs.js';
import type { Fetch } from '../../support/fetch.js';
import {
  connectionFailure,
  eagerTiming,
  startTestServer,
  type TestServer,
  testUrl,
} from '../in-process-server.js';

let server: TestServer;
beforeEach(async () => {
  server = startTestServer();
  await server.client.createTopic('access', 3);
});
afterEach(() => server.close());

const utf8 = new TextEncoder();
type Text = string | null;

async function produce(count: number, from = 0): Promise<void> {
  const producer = createProducer(server.client, nodeCodecs, { batchSize: 1024 });
  for (let i = from; i < from + count; i++) {
    const record = { key: utf8.encode(`k${i % 7}`), value: utf8.encode(`v${i}`) };
    await producer.send('access', { ...record, headers: [], timestampMs: 1_000 + i });
  }
  await producer.close();
}

type Options = Partial<ConsumerOptions<Text, Text>> & {
  start?: StartPosition;
  fetch?: Fetch;
  membership?: Membership;
};

function consumerOf({ start = 'earliest', fetch, membership, ...options }: Options = {}) {
  const client = createHttpClient({
    url: testUrl,
    fetch: fetch ?? server.fetch,
    timing: eagerTiming,
  });
  const fixed = fixedMembership(() => startOffsets(client, 'access', undefined, start));
  const { deserialize } = stringSerde;
  const whole = { key: deserialize, value: deserialize, fetchWaitMs: 1_000, ...options };
  return createConsumer<Text, Text>(client, nodeCodecs, membership ?? fixed, whole);
}

async function take(consumer: Consumer<Text, Text>, count: number): Promise<string[]> {
  const values: string[] = [];
  for await (const record of consumer) {
    values.push(record.value ?? '');
    if (values.length === count) break;
  }
  await consumer.close();
  return values;
}

const all = (count: number) => Array.from({ length: count }, (_, i) => `v${i}`);

/** Numbers of one key's values, as they came. */
function rows(values: readonly string[]): number[][] {
  return Array.from({ length: 7 }, (_, key) =>
    values.map((value) => Number(value.slice(1))).filter((i) => i % 7 === key),
  );
}

test('every record once, in order per key, also with little memory and lost answers', async () => {
  await produce(500);
  let fetches = 0;
  const fetch: Fetch = async (url, init) => {
    if (++fetches % 3 === 0) throw connectionFailure('ECONNRESET');
    return server.fetch(url, init);
  };
  const values = await take(consumerOf({ fetch, fetchBytesMax: 1, prefetchBytesMax: 1 }), 500);
  expect([...values].sort()).toEqual(all(500).sort());
  for (const row of rows(values)) expect(row).toEqual([...row].sort((a, b) => a - b));
});

test('partitions share the budget of bytes: no request asks for more than its part', async () => {
  await server.client.createTopic('wide', 32);
  const asked = new Set<number>();
  const fetch: Fetch = async (url, init) => {
    const { pathname, searchParams } = new URL(url);
    if (pathname.endsWith('/records')) asked.add(Number(searchParams.get('maxBytes')));
    return server.fetch(url, init);
  };
  const client = createHttpClient({ url: testUrl, fetch, timing: eagerTiming });
  const { deserialize } = stringSerde;
  const prefetchBytesMax = 4 * 1024 * 1024;
  const consumer = createConsumer<Text, Text>(
    client,
    nodeCodecs,
    fixedMembership(() => startOffsets(client, 'wide', undefined, 'earliest')),
    { key: deserialize, value: deserialize, prefetchBytesMax, fetchWaitMs: 1_000 },
  );
  const records = consumer[Symbol.asyncIterator]();
  const first = records.next();
  await server.client.append('wide', [{ value: 'v', partition: 31 }]);
  await first;
  expect(Math.max(...asked)).toBeLessThanOrEqual(1024 * 1024);
  expect(Math.min(...asked)).toBe(prefetchBytesMax / (32 * askedMax));
  await consumer.close();
});

test('it waits at the end, and takes what comes', async () => {
  await produce(10);
  const consumer = consumerOf();
  const reading = take(consumer, 30);
  await produce(20, 10);
  expect((await reading).sort()).toEqual(all(30).sort());
});

test.each<[StartPosition, (ends: { earliest: number; latest: number }) => number]>([
  ['earliest', ({ earliest }) => earliest],
  ['latest', ({ latest }) => latest],
  [{ last: 2 }, ({ latest }) => latest - 2],
  [{ offset: 3 }, () => 3],
  [{ timestamp: 0 }, ({ earliest }) => earliest],
  [{ timestamp: 5_000 }, ({ latest }) => latest],
])('starts at %j', async (start, expected) => {
  await produce(100);
  const { partitions } = await server.client.listOffsets('access');
  const positions = await startOffsets(server.client, 'access', [0, 2], start);
  const at = (partition: number) => expected(partitions[partition] ?? { earliest: -1, latest: -1 });
  expect(positions.map(({ partition, offset }) => [partition, offset])).toEqual([
    [0, at(0)],
    [2, at(2)],
  ]);
});

describe('run', () => {
  test('keeps the order of each key with many handlers at once', async () => {
    await produce(300);
    const consumer = consumerOf();
    const values: string[] = [];
    let under = 0;
    let most = 0;
    await consumer.run(
      async ({ value }) => {
        most = Math.max(most, ++under);
        await new Promise((resolve) => setImmediate(resolve));
        under--;
        values.push(value ?? '');
        if (values.length === 300) void consumer.close();
      },
      { concurrency: 8, orderBy: 'key' },
    );
    expect(most).toBeGreaterThan(3);
    expect(most).toBeLessThanOrEqual(8);
    expect([...values].sort()).toEqual(all(300).sort());
    for (const row of rows(values)) expect(row).toEqual([...row].sort((a, b) => a - b));
  });

  test('a failing record is tried again, then handed on; the others go on', async () => {
    await produce(50);
    const consumer = consumerOf();
    const tries: string[] = [];
    const dead: string[] = [];
    let handled = 0;
    await consumer.run(
      ({ value }) => {
        if (value === 'v9') tries.push(value);
        if (value === 'v9') throw new Error('no');
        if (++handled === 49) setImmediate(() => void consumer.close());
      },
      {
        retries: 2,
        onFailure: async ({ value }) => {
          dead.push(value ?? '');
        },
      },
    );
    expect([tries.length, dead, handled]).toEqual([3, ['v9'], 49]);
    const left = consumer.positions().length;
    expect(left).toBe(0);
  });

  test('stops with the error of a handler, and commits nothing that is not finished', async () => {
    await produce(60);
    const commits: Position[] = [];
    const fixed = fixedMembership(() => startOffsets(server.client, 'access', [1], 'earliest'));
    const membership: Membership = {
      ...fixed,
      commit: async (positions) => void commits.push(...positions),
    };
    const consumer = consumerOf({ membership });
    let handled = 0;
    const running = consumer.run(() => {
      if (++handled === 5) throw new Error('broken');
    });
    await expect(running).rejects.toThrow('broken');
    expect(commits).toEqual([{ topic: 'access', partition: 1, offset: 4 }]);
  });

  test('stops with the error of a handler, though no further record comes', async () => {
    await produce(1);
    const running = consumerOf().run(() => {
      throw new Error('broken');
    });
    await expect(running).rejects.toThrow('broken');
  });
});

test('a partition that is lost fires the signal, and is not committed any more', async () => {
  await produce(60);
  const commits: Position[] = [];
  let lose = () => {};
  const membership: Membership = {
    topicsMayGo: false,
    settled: () => true,
    async join(events) {
      events.assigned(await startOffsets(server.client, 'access', undefined, 'earliest'));
      lose = () => events.lost([0, 1, 2].map((partition) => ({ topic: 'access', partition })));
    },
    commit: async (positions) => void commits.push(...positions),
    leave: async () => {},
  };
  const consumer = consumerOf({ membership });
  for await (const record of consumer) {
    expect(record.signal.aborted).toBe(false);
    lose();
    expect(record.signal.aborted).toBe(true);
    break;
  }
  await consumer.close();
  expect(commits).toEqual([]);
});
