/**
 * Where partitions of one request differ in their result (lib/http/append-answer.js): 207 says so for
 * each; where all fail, the answer is the failure that leaves most open.
 */

import { expect, test } from 'vitest';
import { createMemoryStores } from '../../lib/store/memory/memory-store.js';
import { StoreError } from '../../lib/store/store-error.js';
import { answerOf, jsonInit, newTopic, problemFrom, watermarks } from './api-client.js';
import { inProcessApi } from './apis.js';
import { answerComplaints, operations } from './openapi-document.js';

type Effect = 'none' | 'unknown';

/** Commits to these partitions are denied. */
async function failing(effects: Readonly<Record<number, Effect>>) {
  const stores = createMemoryStores();
  const { commit } = stores.index;
  const index: typeof stores.index = {
    ...stores.index,
    async commit(ref, request) {
      const effect = effects[ref.partition];
      if (effect === undefined) return commit(ref, request);
      throw new StoreError('not for you', { reason: 'denied', effect });
    },
  };
  const api = await inProcessApi({ stores: { ...stores, index } });
  return { api, topic: await newTopic(api, 3) };
}

const records = [0, 1, 1, 2].map((partition, i) => ({ value: String(i), partition }));

// Fault 23 of docs/faults.md.
test('one partition that fails is told beside those that did not', async () => {
  const { api, topic } = await failing({ 1: 'none' });
  const append = () => api.fetch(`/v1/topics/${topic}/records`, jsonInit({ records }));
  const answer = await answerOf<{ partitions: unknown[] }>(await append(), 207);
  expect(answer.partitions).toMatchObject([
    { partition: 0, baseOffset: 0, recordCount: 1 },
    {
      partition: 1,
      recordCount: 2,
      error: { code: 'KAFKA_STORAGE_ERROR', sideEffects: 'none', retriable: true },
    },
    { partition: 2, baseOffset: 0, recordCount: 1 },
  ]);
  expect(await watermarks(api, topic)).toEqual([1, 0, 1]);
  const operation = operations.find(({ operationId }) => operationId === 'append');
  expect(operation && (await answerComplaints(operation, await append()))).toEqual([]);
  await api.stop();
});

test('of failures everywhere the answer is the one that may have had an effect', async () => {
  const { api, topic } = await failing({ 0: 'none', 1: 'unknown', 2: 'none' });
  const response = await api.fetch(`/v1/topics/${topic}/records`, jsonInit({ records }));
  const problem = await problemFrom(response, 503, 'KAFKA_STORAGE_ERROR', /not for you/);
  expect(problem.sideEffects).toBe('unknown');
  await api.stop();
});

test('a failure in one partition of a request to that partition is a plain problem', async () => {
  const { api, topic } = await failing({ 1: 'none' });
  const path = `/v1/topics/${topic}/partitions/1/records`;
  const response = await api.fetch(path, jsonInit({ records: [{ value: 'x' }] }));
  expect(response.headers.get('retry-after')).toBe('1');
  expect((await problemFrom(response, 503, 'KAFKA_STORAGE_ERROR')).sideEffects).toBe('none');
  await api.stop();
});

test('acks=0 is accepted although the append fails later', async () => {
  const { api, topic } = await failing({ 0: 'none' });
  const path = `/v1/topics/${topic}/partitions/0/records?acks=0`;
  const response = await api.fetch(path, jsonInit({ records: [{ value: 'x' }] }));
  expect(await answerOf(response, 202)).toEqual({ topic, accepted: 1 });
  expect(await watermarks(api, topic)).toEqual([0, 0, 0]);
  await api.stop();
});
