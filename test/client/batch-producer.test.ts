/** lib/client/batch-producer.js and open-batch.js: order, one write per record, bounded memory. */

import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  type BatchProducerOptions,
  createBatchProducer,
  type SentBatch,
} from '../../lib/client/batch-producer.js';
import { createHttpClient } from '../../lib/client/http-client.js';
import { OpenBatch, recordBytesAtMost } from '../../lib/client/open-batch.js';
import type { ProducerRecord } from '../../lib/client/record-bytes.js';
import type { Fetch } from '../../lib/client/transport.js';
import { partitionForKey } from '../../lib/log/partitioner.js';
import { encodeRecordBatch } from '../../lib/log/record-batch.js';
import { nodeCodecs } from '../../lib/runtime/node-codecs.js';
import {
  connectionFailure,
  eagerTiming,
  sleepingTiming,
  startTestServer,
  type TestServer,
  testUrl,
} from './in-process-server.js';

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

async function produce(
  records: readonly ProducerRecord[],
  options: Partial<BatchProducerOptions> = {},
  fetch: Fetch = server.fetch,
): Promise<SentBatch[]> {
  const client = createHttpClient({ url: testUrl, fetch, timing: eagerTiming });
  const sent: SentBatch[] = [];
  const producer = await createBatchProducer(client, {
    topic: 'access',
    partitionCount: 3,
    codecs: nodeCodecs,
    onSent: (batch) => sent.push(batch),
    ...options,
  });
  for (const record of records) await producer.add(record);
  await producer.flush();
  return sent;
}

async function valuesOf(partition: number): Promise<string[]> {
  const { records } = await server.client.fetch('access', partition, { maxBytes: 2 ** 24 });
  return records.map(({ value }) => value as string);
}

const keyed = Array.from({ length: 600 }, (_, i) => recordOf(`v${i}`, `key-${i % 17}`));

function expected(partition: number): string[] {
  return keyed
    .filter(({ key }) => key && partitionForKey(key, 3) === partition)
    .map(({ value }) => new TextDecoder().decode(value ?? undefined));
}

test('keyed records go where Kafka puts them, in order, over many batches', async () => {
  await server.client.createTopic('access', 3);
  const sent = await produce(keyed, { batchBytes: 1024 });
  expect(sent.length).toBeGreaterThan(10);
  expect(sent.every(({ sizeBytes }) => sizeBytes <= 1024)).toBe(true);
  for (const partition of [0, 1, 2]) expect(await valuesOf(partition)).toEqual(expected(partition));
});

test('records without a key share a partition per batch, and take turns', async () => {
  await server.client.createTopic('access', 3);
  const records = Array.from({ length: 300 }, (_, i) => recordOf(`${i}`.padStart(20)));
  const sent = await produce(records, { batchBytes: 1024, lingerMs: 60_000 });
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
  const sent = await produce(keyed, { batchBytes: 1024 }, fetch);
  for (const partition of [0, 1, 2]) expect(await valuesOf(partition)).toEqual(expected(partition));
  expect(sent.some(({ duplicate }) => duplicate)).toBe(true);
  for (const partition of [0, 1, 2]) {
    // Duplicates are answered with the offsets of the first time: no hole, no overlap.
    let next = 0;
    for (const batch of sent.filter((one) => one.partition === partition)) {
      expect(batch.baseOffset).toBe(next);
      next += batch.recordCount;
    }
  }
});

test('a failure for good stops everything, and is told', async () => {
  await server.client.createTopic('access', 3);
  const client = createHttpClient({ url: testUrl, fetch: server.fetch, timing: eagerTiming });
  const options = { topic: 'access', partitionCount: 3, codecs: nodeCodecs };
  const producer = await createBatchProducer(client, options);
  await producer.add(recordOf('a', 'k'));
  await producer.flush();
  await server.client.deleteTopic('access');
  await producer.add(recordOf('b', 'k'));
  const gone = { code: 'UNKNOWN_TOPIC_OR_PARTITION' };
  await expect(producer.flush()).rejects.toMatchObject(gone);
  await expect(producer.flush()).rejects.toMatchObject(gone);
  expect(() => producer.add(recordOf('c', 'k'))).toThrow(expect.objectContaining(gone));
});

test('it gives up after two minutes without an answer', async () => {
  await server.client.createTopic('access', 3);
  const timing = sleepingTiming();
  const startMs = timing.nowMs();
  const fetch: Fetch = (url, init) =>
    url.includes('/records')
      ? Promise.reject(connectionFailure('ECONNRESET'))
      : server.fetch(url, init);
  const client = createHttpClient({ url: testUrl, fetch, timing });
  let retries = 0;
  const producer = await createBatchProducer(client, {
    topic: 'access',
    partitionCount: 3,
    codecs: nodeCodecs,
    onRetry: () => retries++,
  });
  await producer.add(recordOf('a'));
  await expect(producer.flush()).rejects.toMatchObject({ sideEffects: 'unknown' });
  expect(timing.nowMs() - startMs).toBeGreaterThan(115_000);
  expect(retries).toBeGreaterThan(50);
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
  const client = createHttpClient({ url: testUrl, fetch, timing: eagerTiming });
  const producer = await createBatchProducer(client, {
    topic: 'access',
    partitionCount: 3,
    codecs: nodeCodecs,
    batchBytes: 1024,
    bufferBytesMax: 4096,
  });
  let added = 0;
  let room: Promise<void> | undefined;
  while (!room) {
    room = producer.add(recordOf('x'.repeat(64)));
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
  expect(urls).toEqual([expect.stringContaining('acks=0')]);
});

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
  const batch = new OpenBatch();
  for (const record of records) batch.add(record, recordBytesAtMost(record));
  expect(encodeRecordBatch({ records }, nodeCodecs).length).toBeLessThanOrEqual(batch.sizeBytesMax);
  expect(batch.fits(1, batch.sizeBytesMax)).toBe(false);
  expect(new OpenBatch().fits(1_000, 100)).toBe(true);
});
