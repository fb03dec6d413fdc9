/** lib/client/producer: order, one write per record, tickets, bounded memory. */

import { afterEach, beforeEach, expect, test } from 'vitest';
import { createHttpClient } from '../../../lib/client/http-client.js';
import { OpenBatch, recordBytesAtMost } from '../../../lib/client/producer/open-batch.js';
import type { SentBatch } from '../../../lib/client/producer/partition-lane.js';
import { createProducer, type Producer } from '../../../lib/client/producer/producer.js';
import type { ProducerOptions } from '../../../lib/client/producer/producer-options.js';
import type { ProducerRecord } from '../../../lib/client/record-bytes.js';
import { machineTiming } from '../../../lib/client/retry.js';
import { partitionForKey } from '../../../lib/log/partitioner.js';
import { encodeRecordBatch } from '../../../lib/log/record-batch.js';
import { nodeCodecs } from '../../../lib/runtime/node-codecs.js';
import type { Fetch } from '../../support/fetch.js';
import {
  connectionFailure,
  eagerTiming,
  sleepingTiming,
  startTestServer,
  type TestServer,
  testUrl,
} from '../in-process-server.js';

let server: TestServer;
beforeEach(() => {
  server = startTestServer();
});
afterEach(() => server.close());

const utf8 = new TextEncoder();

function recordOf(value: string, key: string | null = null, partition?: number): ProducerRecord {
  const bytes = { key: key === null ? null : utf8.encode(key), value: utf8.encode(value) };
  return { ...bytes, headers: [], timestampMs: 1_000, partition };
}

function producerOf(
  options: ProducerOptions = {},
  fetch: Fetch = server.fetch,
  timing = eagerTiming,
) {
  return createProducer(createHttpClient({ url: testUrl, fetch, timing }), nodeCodecs, options);
}

async function produce(
  records: readonly ProducerRecord[],
  options: ProducerOptions = {},
  fetch: Fetch = server.fetch,
): Promise<SentBatch[]> {
  const sent: SentBatch[] = [];
  const onSent = (batch: SentBatch) => void sent.push(batch);
  const producer = producerOf({ onSent, stopOnFailure: true, ...options }, fetch);
  await addAll(producer, records);
  await producer.flush();
  return sent;
}

async function addAll(producer: Producer, records: readonly ProducerRecord[]): Promise<void> {
  await producer.prepare('access');
  for (const record of records) await producer.add('access', record);
}

async function valuesOf(partition: number): Promise<string[]> {
  const { records } = await server.client.fetch('access', partition, { maxBytes: 2 ** 24 });
  return records.map(({ value }) => value as string);
}

const keyed = Array.from({ length: 600 }, (_, i) => recordOf(`v${i}`, `key-${i % 17}`));

function expected(partition: number): string[] {
  return keyed
    .filter(({ key }) => key && partitionForKey(key, 3) === partition)
    .map(({ value }) => textOf(value));
}

function textOf(value: Uint8Array | null): string {
  return new TextDecoder().decode(value ?? undefined);
}

test('keyed records go where Kafka puts them, in order, over many batches', async () => {
  await server.client.createTopic('access', 3);
  const sent = await produce(keyed, { batchSize: 1024 });
  expect(sent.length).toBeGreaterThan(10);
  expect(sent.every(({ sizeBytes }) => sizeBytes <= 1024)).toBe(true);
  for (const partition of [0, 1, 2]) expect(await valuesOf(partition)).toEqual(expected(partition));
});

test('records without a key share a partition per batch, and take turns', async () => {
  await server.client.createTopic('access', 3);
  const records = Array.from({ length: 300 }, (_, i) => recordOf(`${i}`.padStart(20)));
  const sent = await produce(records, { batchSize: 1024, lingerMs: 60_000 });
  expect(new Set(sent.map(({ partition }) => partition))).toEqual(new Set([0, 1, 2]));
  expect(sent.length).toBeLessThan(25);
  const all = (await Promise.all([0, 1, 2].map(valuesOf))).flat();
  expect(all.sort()).toEqual(records.map((_, i) => `${i}`.padStart(20)).sort());
});

test('a partition that is asked for wins over the key', async () => {
  await server.client.createTopic('access', 3);
  await produce([recordOf('a', 'k', 2), recordOf('b', 'other', 2)]);
  expect(await valuesOf(2)).toEqual(['a', 'b']);
  await expect(produce([recordOf('a', null, 3)])).rejects.toMatchObject({
    code: 'UNKNOWN_TOPIC_OR_PARTITION',
  });
});

test('answers that are lost write nothing twice', async () => {
  await server.client.createTopic('access', 3);
  let appends = 0;
  const fetch: Fetch = async (url, init) => {
    const isAppend = url.includes('/records');
    if (isAppend) appends++;
    if (isAppend && appends % 5 === 0) throw connectionFailure('ECONNREFUSED');
    const response = await server.fetch(url, init);
    if (isAppend && appends % 3 === 0) throw connectionFailure('ECONNRESET');
    return response;
  };
  const sent = await produce(keyed, { batchSize: 1024 }, fetch);
  for (const partition of [0, 1, 2]) expect(await valuesOf(partition)).toEqual(expected(partition));
  expect(sent.some(({ duplicate }) => duplicate)).toBe(true);
  for (const partition of [0, 1, 2]) {
    // Duplicates are answered with the offsets of the first time: no hole, no overlap.
    let next = 0;
    const ofPartition = sent.filter((one) => one.partition === partition);
    ofPartition.sort((a, b) => (a.baseOffset ?? 0) - (b.baseOffset ?? 0));
    for (const batch of ofPartition) {
      expect(batch.baseOffset).toBe(next);
      next += batch.recordCount;
    }
  }
});

test('where requests overtake each other, few batches are sent twice', async () => {
  await server.client.createTopic('access', 1);
  let appends = 0;
  let oneWaits = false;
  // Of two that are under way the second always arrives first.
  const fetch: Fetch = async (url, init) => {
    if (!url.includes('/partitions/0/records')) return server.fetch(url, init);
    appends++;
    if (!oneWaits) {
      oneWaits = true;
      await new Promise((resolve) => setImmediate(resolve));
      oneWaits = false;
    }
    return server.fetch(url, init);
  };
  const sent = await produce(keyed, { batchSize: 1024 }, fetch);
  expect(await valuesOf(0)).toEqual(keyed.map(({ value }) => textOf(value)));
  expect(sent.length).toBeGreaterThan(20);
  expect(appends).toBeLessThan(sent.length * 1.3);
});

test('a failure for good stops everything where that is wanted, and is told', async () => {
  await server.client.createTopic('access', 3);
  const producer = producerOf({ stopOnFailure: true });
  await addAll(producer, [recordOf('a', 'k')]);
  await producer.flush();
  await server.client.deleteTopic('access');
  await producer.add('access', recordOf('b', 'k'));
  const gone = { code: 'UNKNOWN_TOPIC_OR_PARTITION' };
  await expect(producer.flush()).rejects.toMatchObject(gone);
  await expect(producer.flush()).rejects.toMatchObject(gone);
  expect(() => producer.add('access', recordOf('c', 'k'))).toThrow(expect.objectContaining(gone));
});

test('it gives up after two minutes without an answer', async () => {
  await server.client.createTopic('access', 3);
  const timing = sleepingTiming();
  const startMs = timing.nowMs();
  const fetch: Fetch = (url, init) =>
    url.includes('/records')
      ? Promise.reject(connectionFailure('ECONNRESET'))
      : server.fetch(url, init);
  let retries = 0;
  const producer = producerOf({ onRetry: () => retries++ }, fetch, timing);
  const ticket = await producer.send('access', recordOf('a'));
  await expect(producer.flush()).rejects.toMatchObject({ sideEffects: 'unknown' });
  await expect(ticket.ack).rejects.toMatchObject({ sideEffects: 'unknown' });
  expect(timing.nowMs() - startMs).toBeGreaterThan(110_000);
  expect(retries).toBeGreaterThan(50);
});

/** As `fetch` to a server that takes the request and says nothing. */
function noAnswer({ signal }: Parameters<Fetch>[1]): Promise<never> {
  return new Promise((_, reject) => {
    if (signal?.aborted) reject(signal.reason);
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

test('a record that nobody answers for has failed when its delivery timeout is over', async () => {
  await server.client.createTopic('access', 1);
  let asked = 0;
  const silent: Fetch = (url, init) => {
    if (!url.includes('/records')) return server.fetch(url, init);
    asked++;
    return noAnswer(init);
  };
  const options = { deliveryTimeoutMs: 50, lingerMs: 0 };
  const producer = producerOf(options, silent, machineTiming);
  const ticket = await producer.send('access', recordOf('a'));
  await expect(ticket.ack).rejects.toMatchObject({
    code: 'REQUEST_TIMED_OUT',
    sideEffects: 'unknown',
  });
  expect(asked).toBe(1);
  await expect(producer.close()).rejects.toMatchObject({ code: 'REQUEST_TIMED_OUT' });
});

test('its signal ends everything at once, whatever waits', async () => {
  await server.client.createTopic('access', 1);
  const over = new AbortController();
  const options = { signal: over.signal, batchSize: 1024, bufferMemory: 1024, lingerMs: 0 };
  let hanging = () => {};
  const begun = new Promise<void>((resolve) => {
    hanging = resolve;
  });
  const silent: Fetch = (url, init) => {
    if (!url.includes('/records')) return server.fetch(url, init);
    hanging();
    return noAnswer(init);
  };
  const producer = producerOf(options, silent, machineTiming);
  const first = await producer.send('access', recordOf('x'.repeat(900)));
  const second = await producer.send('access', recordOf('x'.repeat(900)));
  const waiting = producer.send('access', recordOf('no room'));
  await begun;
  over.abort(new Error('enough'));
  for (const { ack } of [first, second, await waiting]) await expect(ack).rejects.toThrow();
  await expect(producer.close()).rejects.toThrow();
});

test('each record learns its offset, also in a batch and without a flush', async () => {
  await server.client.createTopic('access', 1);
  const producer = producerOf();
  const records = Array.from({ length: 50 }, (_, i) => recordOf(`${i}`));
  const tickets = await Promise.all(records.map((record) => producer.send('access', record)));
  const placed = await Promise.all(tickets.map(({ ack }) => ack));
  expect(placed.map(({ offset }) => offset)).toEqual(records.map((_, i) => i));
  await producer.close();
  await expect(producer.send('access', recordOf('late'))).rejects.toThrow('closed');
});

// Fault 22 of docs/faults.md.
test('several batches under way arrive in any order, and are written in theirs', async () => {
  await server.client.createTopic('access', 1);
  let underWay = 0;
  let underWayMost = 0;
  const held: (() => void)[] = [];
  const fetch: Fetch = async (url, init) => {
    if (!url.includes('/records')) return server.fetch(url, init);
    underWayMost = Math.max(underWayMost, ++underWay);
    // Three at a time, the newest first.
    await new Promise<void>((resolve) => {
      held.unshift(resolve);
      if (held.length === 3) for (const go of held.splice(0)) go();
      else setImmediate(() => setImmediate(() => held.splice(held.indexOf(resolve), 1)[0]?.()));
    });
    const answer = await server.fetch(url, init);
    underWay--;
    return answer;
  };
  const sent = await produce(keyed, { batchSize: 1024, maxInFlight: 4 }, fetch);
  expect(underWayMost).toBeGreaterThan(1);
  expect(sent.length).toBeGreaterThan(10);
  expect(await valuesOf(0)).toEqual(keyed.map(({ value }) => textOf(value)));
});

// Fault 22 of docs/faults.md.
test('after a failure the records that follow are written, under a new epoch', async () => {
  await server.client.createTopic('access', 1);
  let failing = false;
  const fetch: Fetch = (url, init) => {
    if (failing && url.includes('/records')) return Promise.reject(connectionFailure('ECONNRESET'));
    return server.fetch(url, init);
  };
  const retry = { triesMax: 2, giveUpAfterMs: 1_000, pauseMs: 1, pauseMsMax: 1 };
  const producer = producerOf({ retry }, fetch);
  await (await producer.send('access', recordOf('a'))).ack;
  failing = true;
  const lost = await producer.send('access', recordOf('b'));
  await expect(lost.ack).rejects.toMatchObject({ sideEffects: 'unknown' });
  failing = false;
  await (await producer.send('access', recordOf('c'))).ack;
  await expect(producer.flush()).rejects.toMatchObject({ code: 'NETWORK_EXCEPTION' });
  await producer.flush();
  expect(await valuesOf(0)).toEqual(['a', 'c']);
});

test('compressed batches are read as they were written', async () => {
  await server.client.createTopic('access', 3);
  const plain = await produce(keyed);
  const gzip = await produce(keyed, { compression: 'gzip' });
  const bytes = (sent: SentBatch[]) => sent.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  expect(bytes(gzip)).toBeLessThan(bytes(plain) / 2);
  expect(await valuesOf(1)).toEqual([...expected(1), ...expected(1)]);
});

test('memory is bounded: add asks to wait while too much is under way', async () => {
  await server.client.createTopic('access', 3);
  let release = () => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const fetch: Fetch = async (url, init) => {
    if (url.includes('/records')) await gate;
    return server.fetch(url, init);
  };
  const producer = producerOf({ batchSize: 1024, bufferMemory: 4096 }, fetch);
  await producer.prepare('access');
  let added = 0;
  let room: Promise<void> | undefined;
  while (!room) {
    room = producer.add('access', recordOf('x'.repeat(64)));
    added++;
  }
  expect(added).toBeLessThan(50);
  release();
  await room;
  await producer.flush();
});

test('without acks nothing is numbered, and nothing sent twice', async () => {
  await server.client.createTopic('access', 3);
  const urls: string[] = [];
  const fetch: Fetch = (url, init) => {
    urls.push(url);
    return server.fetch(url, init);
  };
  const sent = await produce([recordOf('a', 'k')], { acks: '0' }, fetch);
  expect(sent).toMatchObject([{ recordCount: 1, baseOffset: undefined }]);
  expect(urls.slice(1)).toEqual([expect.stringContaining('acks=0')]);
});

// Fault 24 of docs/faults.md.
test('a record that fits into no batch is refused before it is sent', async () => {
  await server.client.createTopic('access', 3);
  const huge = recordOf('x'.repeat(4 * 1024 * 1024));
  await expect(produce([huge])).rejects.toMatchObject({ code: 'MESSAGE_TOO_LARGE' });
});

test('the size of a batch is never underestimated', () => {
  const records = [
    recordOf('', ''),
    recordOf('x'.repeat(5_000), 'ключ'),
    { ...recordOf('v'), headers: [['имя', utf8.encode('z'.repeat(300))] as const] },
    { ...recordOf('v'), timestampMs: 2 ** 45 },
  ];
  const batch = new OpenBatch(0);
  for (const record of records) batch.add(record, recordBytesAtMost(record));
  expect(encodeRecordBatch({ records }, nodeCodecs).length).toBeLessThanOrEqual(batch.sizeBytesMax);
  expect(batch.fits(1, batch.sizeBytesMax)).toBe(false);
  expect(new OpenBatch(0).fits(1_000, 100)).toBe(true);
});
