/** lib/cli/verify/recorded-process.js: what a history is told of calls that succeed, fail, or leave it open. */

import { beforeEach, expect, test } from 'vitest';
import type { HistoryEvent } from '../../../lib/checker/history.js';
import { appendAnswer, readAnswer } from '../../../lib/cli/verify/answers.js';
import {
  createRecordedProcess,
  type RecordedProcess,
} from '../../../lib/cli/verify/recorded-process.js';
import { LogbrookError, refused } from '../../../lib/client/logbrook-error.js';

const append = { op: 'append', log: 'a/0', values: ['x'] } as const;
const read = { op: 'read', log: 'a/0', offset: 0 } as const;

let seen: HistoryEvent[];
let process: RecordedProcess;
beforeEach(() => {
  seen = [];
  const witness = { see: (event: HistoryEvent) => void seen.push(event), room: () => undefined };
  process = createRecordedProcess('p', witness, () => 5);
});

const lost = (sideEffects: 'none' | 'unknown') =>
  new LogbrookError('lost', { code: 'NETWORK_EXCEPTION', status: 0, retriable: true, sideEffects });

const told = () =>
  seen.map((event) => [event.type, event.process, 'code' in event ? event.code : undefined]);

test('asked before it is sent, answered when it is known', async () => {
  await process.perform(append, async () => {
    expect(told()).toEqual([['invoke', 'p', undefined]]);
    return appendAnswer({ baseOffset: 3 });
  });
  expect(seen[1]).toEqual({ type: 'ok', op: 'append', process: 'p', baseOffset: 3, atMs: 5 });
});

test('certainly without effect: it failed, and its process goes on', async () => {
  await process.perform(append, async () => Promise.reject(lost('none')));
  expect(told()[1]).toEqual(['fail', 'p', 'NETWORK_EXCEPTION']);
  expect(process.name()).toBe('p');
});

test('nobody knows: the order of that process ends, another goes on', async () => {
  await process.perform(append, async () => Promise.reject(lost('unknown')));
  expect(told()[1]).toEqual(['unknown', 'p', 'NETWORK_EXCEPTION']);
  expect(process.name()).toBe('p.1');
});

test('a first try that is unknown is not made certain by a second one that was refused', async () => {
  await process.perform(append, async (onRetry) => {
    onRetry(lost('unknown'));
    throw lost('none');
  });
  expect(told()[1]?.[0]).toBe('unknown');
});

test('a read has no effect, whatever became of it; what it was told of the log start is kept', async () => {
  await process.perform(read, async () => Promise.reject(lost('unknown')));
  const range = refused('OFFSET_OUT_OF_RANGE', 'gone', { earliest: 7, latest: 9 });
  await process.perform(read, async () => Promise.reject(range));
  expect(told().map(([type]) => type)).toEqual(['invoke', 'fail', 'invoke', 'fail']);
  expect(seen[3]).toMatchObject({ earliest: 7 });
});

test('an error of ours is none of the server', async () => {
  const broken = process.perform(read, async () => Promise.reject(new TypeError('ours')));
  await expect(broken).rejects.toThrow(TypeError);
});

test.each([
  ['append', () => appendAnswer({ baseOffset: 'seven' })],
  ['append', () => appendAnswer(undefined)],
  ['read', () => readAnswer({})],
  [
    'read',
    () => readAnswer({ records: [null], nextOffset: 1, highWatermark: 1, logStartOffset: 0 }),
  ],
  ['read', () => readAnswer({ records: [], nextOffset: -1, highWatermark: 1, logStartOffset: 0 })],
])('an answer to %s that is none leaves open what happened', (_op, answer) => {
  expect(answer).toThrow(
    expect.objectContaining({ code: 'INVALID_ANSWER', sideEffects: 'unknown' }),
  );
});
