/** What a server that remembers a topic does when another one has changed it. */

import { afterEach, beforeEach, expect, test } from 'vitest';
import { createMemoryStores } from '../../lib/store/memory/memory-store.js';
import {
  type Api,
  answerOf,
  append,
  describeTopic,
  jsonInit,
  newTopic,
  problemFrom,
  recordsPath,
  watermarks,
} from './api-client.js';
import { inProcessApi } from './apis.js';

let forgetful: Api;
let remembering: Api;

beforeEach(async () => {
  const stores = createMemoryStores();
  forgetful = await inProcessApi({ stores });
  remembering = await inProcessApi({ stores, brokerSettings: { topicCacheMs: 60_000 } });
});
afterEach(async () => {
  await forgetful.stop();
  await remembering.stop();
});

// Fault 46 of docs/faults.md.
test('partitions that were added elsewhere are found by who asks for them', async () => {
  const name = await newTopic(forgetful, 1);
  await append(remembering, name, [{ value: 'a' }]);
  await answerOf(await forgetful.fetch(`/v1/topics/${name}/partitions`, jsonInit({ count: 3 })));
  const records = [{ value: 'b', partition: 1 }];
  await answerOf(await remembering.fetch(`/v1/topics/${name}/records`, jsonInit({ records })));
  const init = jsonInit({ records: [{ value: 'c' }] });
  await answerOf(await remembering.fetch(recordsPath(name, 2), init));
  expect(await watermarks(remembering, name)).toEqual([1, 1, 1]);
  const beyond = await remembering.fetch(recordsPath(name, 3), init);
  await problemFrom(beyond, 404, 'UNKNOWN_TOPIC_OR_PARTITION', /0 to 2, not 3/);
});

test('a description is never from memory', async () => {
  const name = await newTopic(forgetful, 1);
  await append(remembering, name, [{ value: 'a' }]);
  const configs = { 'retention.ms': '5' };
  await answerOf(await forgetful.fetch(`/v1/topics/${name}`, jsonInit({ configs }, 'PATCH')));
  const described = await describeTopic(remembering, name);
  expect(described.configs[0]).toMatchObject({ value: '5', source: 'topic' });
});
