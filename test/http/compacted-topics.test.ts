/**
 * Compacted topics over HTTP, on a real server: what a run of the jobs leaves is what every kind of reader
 * gets, and nothing without a key gets in.
 */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { batchContentType, fetchHeaders } from '../../lib/contract/media-types.js';
import type { FetchResponse } from '../../lib/contract/records.js';
import { sealBatch } from '../../lib/log/batch-header.js';
import { encodeRecordBatch } from '../../lib/log/record-batch.js';
import { nodeCodecs } from '../../lib/runtime/node-codecs.js';
import {
  answerOf,
  append,
  bytesInit,
  jsonInit,
  ndjsonInit,
  newName,
  page,
  problemFrom,
  recordsPath,
  textInit,
  watermarks,
} from './api-client.js';
import { type LocalServer, localServerApi } from './apis.js';
import { eventsOf, take } from './event-stream.js';

let api: LocalServer;
beforeAll(async () => {
  api = await localServerApi({ LOGBROOK_COMPACT_AFTER_MS: '0', LOGBROOK_JOBS_INTERVAL_MS: '0' });
});
afterAll(() => api.stop());

async function compactedTopic(partitions = 1): Promise<string> {
  const name = newName();
  const configs = {
    'cleanup.policy': 'compact',
    'min.cleanable.dirty.ratio': 0,
    'delete.retention.ms': 0,
  };
  await answerOf(await api.fetch('/v1/topics', jsonInit({ name, partitions, configs })), 201);
  return name;
}

const runJobs = async () =>
  answerOf<{ recordsCompacted: number; failures: string[] }>(
    await api.fetch('/v1/jobs/run', { method: 'POST' }),
  );

/** Offsets 0 to 9; what stays is b at 4, c at 7; the end is a range of which nothing stays. */
async function compactedLog(): Promise<string> {
  const topic = await compactedTopic();
  const put = (records: readonly [string, string | null][]) =>
    append(
      api,
      topic,
      records.map(([key, value]) => ({ key, value })),
    );
  await put([
    ['a', '0'],
    ['b', '1'],
    ['c', '2'],
  ]);
  await put([
    ['a', '3'],
    ['b', '4'],
    ['c', '5'],
  ]);
  await put([
    ['a', '6'],
    ['c', '7'],
  ]);
  await put([['a', '8']]);
  await put([['a', null]]);
  // The tombstone is marked by the first run, and goes with the second.
  expect(await runJobs()).toMatchObject({ recordsCompacted: 7, failures: [] });
  expect(await runJobs()).toMatchObject({ recordsCompacted: 1, failures: [] });
  return topic;
}

const shown = ({ records }: FetchResponse) => records.map(({ offset, value }) => [offset, value]);

describe('a reader', () => {
  let topic: string;
  beforeAll(async () => {
    topic = await compactedLog();
  });

  test('gets from every offset the next that stayed, and comes to the end', async () => {
    const left = [
      [4, '4'],
      [7, '7'],
    ];
    for (let offset = 0; offset <= 10; offset++) {
      const rest = left.filter(([at]) => Number(at) >= offset);
      const whole = await page(api, topic, `?offset=${offset}`);
      expect(shown(whole)).toEqual(rest);
      expect(whole).toMatchObject({ nextOffset: 10, highWatermark: 10, logStartOffset: 0 });
      const found: unknown[] = [];
      for (let at = offset; at < 10; ) {
        const next = await page(api, topic, `?offset=${at}&maxRecords=1&maxBytes=1`);
        expect(next.nextOffset).toBeGreaterThan(at);
        found.push(...shown(next));
        at = next.nextOffset;
      }
      expect(found).toEqual(rest);
    }
  });

  test('who waits in a range that is empty is told at once to go on behind it', async () => {
    const answer = await page(api, topic, '?offset=8&waitMs=20000');
    expect(answer).toMatchObject({ records: [], nextOffset: 10, highWatermark: 10 });
  });

  test('as batches, with the place to go on from beside them', async () => {
    const path = `${recordsPath(topic)}?offset=8`;
    const answer = await api.fetch(path, { headers: { accept: batchContentType } });
    expect(answer.headers.get(fetchHeaders.nextOffset)).toBe('10');
    expect((await answer.arrayBuffer()).byteLength).toBe(0);
  });

  test('finds by time and from the end what is left', async () => {
    expect(shown(await page(api, topic, '?timestamp=0'))[0]).toEqual([4, '4']);
    expect(shown(await page(api, topic, '?last=3'))).toEqual([[7, '7']]);
    expect(shown(await page(api, topic, '?last=1'))).toEqual([]);
  });

  test('follows over it to what is written next', async () => {
    const headers = { accept: 'text/event-stream' };
    const response = await api.fetch(`${recordsPath(topic)}?offset=0`, { headers });
    const events = eventsOf(response);
    expect(await take(events, 2)).toMatchObject([{ id: '5' }, { id: '8' }]);
    await append(api, topic, [{ key: 'd', value: '10' }]);
    const [next] = (await take(events, 2)).filter(({ event }) => event === 'record');
    expect(next).toMatchObject({ id: '11', data: { key: 'd', value: '10' } });
    await events.return(undefined);
  });
});

describe('a record without a key is refused, and all that came with it', () => {
  const record = { key: null, value: new Uint8Array(1), headers: [], timestampMs: 1 };
  const keyed = { ...record, key: new Uint8Array(1) };
  const batch = () => encodeRecordBatch({ records: [keyed, record] }, nodeCodecs);
  const lines = '{"key":"a","value":"1"}\n{"value":"2"}\n';
  const json = { records: [{ key: 'a', value: '1' }, { value: '2' }] };

  test.each<[string, RequestInit, (topic: string) => string]>([
    ['as JSON', jsonInit(json), recordsPath],
    ['as lines', ndjsonInit(lines), recordsPath],
    ['as text', textInit('x\ny'), recordsPath],
    ['as a batch', bytesInit(batch()), recordsPath],
    ['to any partition', jsonInit(json), (topic) => `/v1/topics/${topic}/records`],
  ])('%s', async (_how, init, pathOf) => {
    const topic = await compactedTopic(3);
    const answer = await api.fetch(pathOf(topic), init);
    const problem = await problemFrom(answer, 400, 'INVALID_RECORD', /key.*cleanup\.policy/);
    expect(problem).toMatchObject({ sideEffects: 'none', retriable: false });
    expect(await watermarks(api, topic)).toEqual([0, 0, 0]);
  });

  test('as a batch that says when its tombstones may go', async () => {
    const topic = await compactedTopic();
    const bytes = encodeRecordBatch({ records: [keyed] }, nodeCodecs);
    bytes[22] = (bytes[22] ?? 0) | 0x40;
    sealBatch(bytes, nodeCodecs);
    const answer = await api.fetch(recordsPath(topic), bytesInit(bytes));
    await problemFrom(answer, 400, 'INVALID_RECORD', /tombstones/);
    expect(await watermarks(api, topic)).toEqual([0]);
  });
});
