/**
 * lib/http/topic-change-routes.js and lib/http/json-body.js: what can be changed of a topic that exists,
 * as a caller sees it: its settings and what they do, more partitions, and the trim.
 */

import { describe, expect, test } from 'vitest';
import type { TopicConfig, TopicConfigList } from '../../lib/contract/topic-configs.js';
import type { TopicResponse, Trimmed } from '../../lib/contract/topics.js';
import { readBatchHeader } from '../../lib/log/batch-header.js';
import { partitionForKey } from '../../lib/log/partitioner.js';
import { configNames } from '../../lib/log/topic-configs.js';
import {
  type Api,
  type ApiOf,
  answerOf,
  append,
  appendEach,
  bytesInit,
  describeTopic,
  extra,
  jsonInit,
  newName,
  newTopic,
  offsets,
  page,
  problemFrom,
  recordsPath,
  values,
} from './api-client.js';
import { type BadInput, badInputTable } from './bad-input.js';
import { batch } from './batches.js';

export function topicChangeCases(api: ApiOf): void {
  describe('settings', () => settingCases(api));
  describe('what settings do', () => effectCases(api));
  describe('more partitions', () => partitionCases(api));
  describe('trim', () => trimCases(api));
  describe('bad changes', () => badInputTable(api, badChanges));
}

async function alter(api: Api, topic: string, configs: unknown): Promise<readonly TopicConfig[]> {
  const response = await api.fetch(`/v1/topics/${topic}`, jsonInit({ configs }, 'PATCH'));
  const answer = await answerOf<TopicConfigList>(response);
  expect(answer.topic).toBe(topic);
  return answer.configs;
}

/** Only what is set for the topic. */
function own(configs: readonly TopicConfig[]): Record<string, string> {
  const set = configs.filter(({ source }) => source === 'topic');
  return Object.fromEntries(set.map(({ name, value }) => [name, value]));
}

async function topicWith(api: Api, configs: unknown, partitions = 1): Promise<string> {
  const response = await api.fetch(
    '/v1/topics',
    jsonInit({ name: newName(), partitions, configs }),
  );
  return (await answerOf<TopicResponse>(response, 201)).name;
}

function settingCases(api: ApiOf): void {
  test('a description shows every setting, with its default and who set it', async () => {
    const name = await topicWith(api(), { 'retention.ms': 60_000, 'cleanup.policy': 'delete' });
    const { configs } = await describeTopic(api(), name);
    expect(configs.map((one) => one.name)).toEqual(configNames);
    expect(own(configs)).toEqual({ 'retention.ms': '60000', 'cleanup.policy': 'delete' });
    const retention = { value: '60000', default: '604800000', source: 'topic' };
    expect(configs[0]).toMatchObject(retention);
    expect(own((await describeTopic(api(), await newTopic(api()))).configs)).toEqual({});
  });

  test('settings are set, replaced and removed, and others stay', async () => {
    const name = await topicWith(api(), { 'retention.ms': '5', 'retention.bytes': '6' });
    const change = { 'retention.ms': null, 'retention.bytes': 7, 'segment.bytes': '2000000' };
    const after = { 'retention.bytes': '7', 'segment.bytes': '2000000' };
    expect(own(await alter(api(), name, change))).toEqual(after);
    expect(own((await describeTopic(api(), name)).configs)).toEqual(after);
    expect(own(await alter(api(), name, {}))).toEqual(after);
    expect(own(await alter(api(), name, { 'retention.ms': null }))).toEqual(after);
  });

  test('of changes at once none is lost', async () => {
    const name = await newTopic(api());
    const changes = { 'retention.ms': '1', 'retention.bytes': '2', 'delete.retention.ms': '3' };
    await Promise.all(
      Object.entries(changes).map(([setting, value]) => alter(api(), name, { [setting]: value })),
    );
    expect(own((await describeTopic(api(), name)).configs)).toEqual(changes);
  });

  test('a wrong setting changes nothing, and is told with what it may be', async () => {
    const name = await topicWith(api(), { 'retention.ms': '5' });
    const configs = { 'retention.ms': '6', 'retension.bytes': '1' };
    const init = jsonInit({ configs }, 'PATCH');
    const unknown = /no setting \\?"retension\.bytes\\?".*did you mean retention\.bytes/;
    const response = await api().fetch(`/v1/topics/${name}`, init);
    const problem = await problemFrom(response, 400, 'INVALID_CONFIG', unknown);
    expect(extra(problem, 'setting')).toBe('retension.bytes');
    expect(own((await describeTopic(api(), name)).configs)).toEqual({ 'retention.ms': '5' });
    const wrong = { name: newName(), configs: { 'cleanup.policy': 'keep' } };
    const made = await api().fetch('/v1/topics', jsonInit(wrong));
    await problemFrom(made, 400, 'INVALID_CONFIG', /delete, compact or compact,delete, not "keep"/);
    const unmade = await api().fetch(`/v1/topics/${wrong.name}`);
    await problemFrom(unmade, 404, 'UNKNOWN_TOPIC_OR_PARTITION');
  });
}

function effectCases(api: ApiOf): void {
  test('max.message.bytes is the limit of a batch, and is named', async () => {
    const name = await topicWith(api(), { 'max.message.bytes': 2_000 });
    const large = { records: [{ value: 'x'.repeat(2_000) }] };
    const tries = [
      api().fetch(`/v1/topics/${name}/records`, jsonInit(large)),
      api().fetch(recordsPath(name), jsonInit(large)),
      api().fetch(recordsPath(name), bytesInit(batch(['x'.repeat(2_000)]))),
    ];
    for (const response of await Promise.all(tries)) {
      const limit = /max\.message\.bytes is 2000/;
      const problem = await problemFrom(response, 413, 'MESSAGE_TOO_LARGE', limit);
      expect(problem).toMatchObject({ limitBytes: 2_000, setting: 'max.message.bytes' });
    }
    await append(api(), name, [{ value: 'x'.repeat(1_000) }]);
    await alter(api(), name, { 'max.message.bytes': null });
    await append(api(), name, large.records);
  });

  test('LogAppendTime: records carry the time of the server, however they came', async () => {
    const name = await topicWith(api(), { 'message.timestamp.type': 'LogAppendTime' });
    const beforeMs = Date.now();
    await append(api(), name, [{ value: 'a', timestamp: 5 }, { value: 'b' }]);
    await answerOf(await api().fetch(recordsPath(name), bytesInit(batch(['c', 'd']))));
    const { records } = await page(api(), name);
    expect(records.map(({ value }) => value)).toEqual(['a', 'b', 'c', 'd']);
    for (const { timestamp } of records) {
      // Another machine's clock may differ by a little.
      expect(Math.abs(timestamp - beforeMs)).toBeLessThan(60_000);
    }
    const found = (await offsets(api(), name, `?timestamp=${records[2]?.timestamp}`)).partitions[0];
    expect(found?.timestamp).toBe(records[2]?.timestamp);
    await alter(api(), name, { 'message.timestamp.type': 'CreateTime' });
    await append(api(), name, [{ value: 'e', timestamp: 5 }]);
    expect((await page(api(), name, '?last=1')).records[0]?.timestamp).toBe(5);
  });

  test('compression.type: what comes as JSON is stored compressed; batches stay', async () => {
    const name = await topicWith(api(), { 'compression.type': 'gzip' });
    await append(api(), name, [{ value: 'a' }]);
    const sent = batch(['b']);
    await answerOf(await api().fetch(recordsPath(name), bytesInit(sent)));
    const accept = { headers: { accept: 'application/vnd.logbrook.record-batch' } };
    const response = await api().fetch(recordsPath(name), accept);
    const bytes = new Uint8Array(await response.arrayBuffer());
    const first = readBatchHeader(bytes);
    expect(first.compression).toBe('gzip');
    // Offset and leader epoch are placed; from the magic on it is what was sent.
    expect(bytes.subarray(first.sizeBytes + 16)).toEqual(sent.subarray(16));
    expect(await values(api(), name)).toEqual(['a', 'b']);
  });
}

function partitionCases(api: ApiOf): void {
  const grow = (name: string, count: unknown) =>
    api().fetch(`/v1/topics/${name}/partitions`, jsonInit({ count }));

  test('a topic gets more partitions; those it had keep their records', async () => {
    const name = await newTopic(api(), 2);
    await append(api(), name, [{ value: 'kept' }]);
    const { topicId } = await describeTopic(api(), name);
    const grown = await answerOf<TopicResponse>(await grow(name, 5));
    expect(grown).toMatchObject({ name, topicId, partitions: 5 });
    const { partitions } = await describeTopic(api(), name);
    expect(partitions.map(({ highWatermark }) => highWatermark)).toEqual([1, 0, 0, 0, 0]);
    const init = jsonInit({ records: [{ value: 'new' }] });
    await answerOf(await api().fetch(recordsPath(name, 4), init));
    expect((await page(api(), name, '', 4)).records).toMatchObject([{ value: 'new' }]);
  });

  // Fault 46 of docs/faults.md.
  test('keys go where the new number of partitions sends them', async () => {
    const name = await newTopic(api(), 1);
    await answerOf(await grow(name, 50));
    const keys = ['a', 'b', 'c', 'd'];
    const records = [...keys.map((key) => ({ key, value: key })), { value: 'x', partition: 49 }];
    await answerOf(await api().fetch(`/v1/topics/${name}/records`, jsonInit({ records })));
    for (const key of keys) {
      const partition = partitionForKey(new TextEncoder().encode(key), 50);
      const found = (await page(api(), name, '', partition)).records.map((one) => one.key);
      expect(found).toContain(key);
    }
  });

  test('never fewer, nor as many, nor too many', async () => {
    const name = await newTopic(api(), 3);
    for (const count of [3, 2, 1, 0, -1, 10_001]) {
      const code = 'INVALID_PARTITIONS';
      const problem = await problemFrom(await grow(name, count), 400, code, /partitions/);
      expect(extra(problem, 'limit')).toBe(10_000);
    }
    expect((await describeTopic(api(), name)).partitions).toHaveLength(3);
  });

  test('settings and partitions of an unknown topic', async () => {
    const change = jsonInit({ configs: {} }, 'PATCH');
    const code = 'UNKNOWN_TOPIC_OR_PARTITION';
    await problemFrom(await api().fetch('/v1/topics/nobody', change), 404, code, /nobody/);
    await problemFrom(await grow('nobody', 2), 404, code, /nobody/);
  });
}

function trimCases(api: ApiOf): void {
  const trim = (name: string, offset: unknown, partition = 0) =>
    api().fetch(`/v1/topics/${name}/partitions/${partition}/trim`, jsonInit({ offset }));

  test('what lies below is gone for readers, who are told where the log begins', async () => {
    const name = await newTopic(api());
    await append(api(), name, [{ value: 'a' }, { value: 'b' }, { value: 'c' }]);
    await appendEach(api(), name, ['d']);
    const trimmed = await answerOf<Trimmed>(await trim(name, 2));
    expect(trimmed).toEqual({ topic: name, partition: 0, logStartOffset: 2, highWatermark: 4 });
    expect(await values(api(), name)).toEqual(['c', 'd']);
    const below = await api().fetch(`${recordsPath(name)}?offset=1`);
    const problem = await problemFrom(
      below,
      416,
      'OFFSET_OUT_OF_RANGE',
      /starts at 2 and ends at 4/,
    );
    expect(problem).toMatchObject({ offset: 1, earliest: 2, latest: 4 });
    expect((await offsets(api(), name)).partitions).toMatchObject([{ earliest: 2, latest: 4 }]);
    const timed = await offsets(api(), name, '?timestamp=0');
    expect(timed.partitions).toMatchObject([{ offset: 2 }]);
    expect(await values(api(), name, '?last=3')).toEqual(['c', 'd']);
  });

  test.each(['latest', -1])('%s is everything there is, and the log goes on', async (offset) => {
    const name = await newTopic(api(), 2);
    await appendEach(api(), name, ['a', 'b']);
    expect(await answerOf(await trim(name, offset))).toMatchObject({ logStartOffset: 2 });
    expect(await page(api(), name)).toMatchObject({ records: [], nextOffset: 2 });
    await appendEach(api(), name, ['c']);
    expect((await page(api(), name)).records).toMatchObject([{ offset: 2, value: 'c' }]);
    expect((await describeTopic(api(), name)).partitions[1]?.logStartOffset).toBe(0);
  });

  test('it only goes up, and never beyond the end', async () => {
    const name = await newTopic(api());
    await appendEach(api(), name, ['a', 'b', 'c']);
    await answerOf(await trim(name, 2));
    expect(await answerOf(await trim(name, 1))).toMatchObject({ logStartOffset: 2 });
    const beyond = await problemFrom(await trim(name, 4), 416, 'OFFSET_OUT_OF_RANGE');
    expect(beyond).toMatchObject({ offset: 4, earliest: 2, latest: 3, sideEffects: 'none' });
    expect(await values(api(), name)).toEqual(['c']);
  });
}

const patching = (body: unknown, code: string, detail: RegExp): BadInput => [
  `configs ${JSON.stringify(body)}`,
  (topic) => [`/v1/topics/${topic}`, jsonInit(body, 'PATCH')],
  400,
  code,
  detail,
];

const trimming = (body: unknown, detail: RegExp): BadInput => [
  `trim ${JSON.stringify(body)}`,
  (topic) => [`/v1/topics/${topic}/partitions/0/trim`, jsonInit(body)],
  400,
  'INVALID_REQUEST',
  detail,
];

const badChanges: readonly BadInput[] = [
  patching({}, 'INVALID_REQUEST', /configs/),
  patching({ configs: null }, 'INVALID_REQUEST', /configs: must be an object/),
  patching({ configs: [] }, 'INVALID_REQUEST', /configs: must be an object/),
  patching({ configs: {}, more: 1 }, 'INVALID_REQUEST', /more/),
  patching(
    { configs: { 'retention.ms': true } },
    'INVALID_REQUEST',
    /retention\.ms: must be a str/,
  ),
  patching({ configs: { 'retention.ms': {} } }, 'INVALID_REQUEST', /retention\.ms/),
  patching({ configs: { 'retention.ms': 1.5 } }, 'INVALID_CONFIG', /from -1 up, not "1.5"/),
  patching({ configs: { 'retention.ms': 1e300 } }, 'INVALID_CONFIG', /from -1 up/),
  patching({ configs: { 'retention.ms': 'x'.repeat(9_000) } }, 'INVALID_CONFIG', /x…"/),
  patching({ configs: { ['x'.repeat(9_000)]: '1' } }, 'INVALID_CONFIG', /x…"/),
  patching('{"configs":{"__proto__":"1"}}', 'INVALID_CONFIG', /no setting "__proto__"/),
  patching('{"configs":{"__proto__":null}}', 'INVALID_CONFIG', /no setting "__proto__"/),
  patching({ configs: { constructor: '1' } }, 'INVALID_CONFIG', /no setting "constructor"/),
  trimming({}, /offset/),
  trimming({ offset: -2 }, /offset/),
  trimming({ offset: 1.5 }, /offset/),
  trimming({ offset: 'first' }, /offset/),
  trimming({ offset: '1' }, /offset/),
  trimming({ offset: 2 ** 53 }, /offset/),
  trimming({ offset: 0, more: 1 }, /more/),
  [
    'a count that is no number',
    (topic) => [`/v1/topics/${topic}/partitions`, jsonInit({ count: '5' })],
    400,
    'INVALID_REQUEST',
    /count/,
  ],
];
