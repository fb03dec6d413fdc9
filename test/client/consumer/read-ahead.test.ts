/** Answers come in their order, each asked for as soon as the one before has said where it ends. */

import { expect, test } from 'vitest';
import { askedMax, createReadAhead } from '../../../lib/client/consumer/read-ahead.js';
import type { FetchedBatches } from '../../../lib/client/fetch-batches.js';

type Request = {
  readonly offset: number;
  /** The answer has begun. */
  place(nextOffset: number): void;
  finish(nextOffset: number): void;
  fail(error: Error): void;
  takeAway(): void;
};

function answerTo(nextOffset: number): FetchedBatches {
  return { batches: new Uint8Array(), nextOffset, logStartOffset: 0, highWatermark: 100 };
}

function setUp() {
  const requests: Request[] = [];
  const ahead = createReadAhead(
    (offset, place) =>
      new Promise((resolve, reject) => {
        const finish = (nextOffset: number) => resolve(answerTo(nextOffset));
        const takeAway = () => resolve(undefined);
        requests.push({ offset, place, finish, fail: reject, takeAway });
      }),
  );
  const request = (at: number): Request => {
    const found = requests[at];
    if (!found) throw new Error(`request ${at} was not made`);
    return found;
  };
  return { ahead, requests, request, offsets: () => requests.map(({ offset }) => offset) };
}

test('the next is asked for while an answer is still arriving, and no more than that', async () => {
  const { ahead, request, offsets } = setUp();
  const first = ahead.next(0);
  request(0).place(10);
  expect(offsets()).toEqual([0, 10]);
  request(1).place(20);
  expect(offsets()).toHaveLength(askedMax);
  request(0).finish(10);
  expect(await first).toEqual(answerTo(10));
  const second = ahead.next(10);
  request(1).finish(20);
  expect(await second).toEqual(answerTo(20));
  // What was held back is asked for when the answer is taken.
  expect(offsets()).toEqual([0, 10, 20]);
});

test('an answer that did not say where it ends is followed when it is there', async () => {
  const { ahead, request, offsets } = setUp();
  const first = ahead.next(5);
  request(0).finish(7);
  await first;
  expect(offsets()).toEqual([5, 7]);
});

test('what an answer announced and did not keep is asked for again', async () => {
  const { ahead, request, offsets } = setUp();
  const first = ahead.next(0);
  request(0).place(10);
  // The first try broke off; the second was answered with more.
  request(0).place(12);
  request(0).finish(12);
  expect((await first)?.nextOffset).toBe(12);
  const second = ahead.next(12);
  expect(offsets()).toEqual([0, 10, 12]);
  request(1).finish(20);
  request(2).finish(30);
  expect(await second).toEqual(answerTo(30));
});

test('after a failure the reader says where to go on', async () => {
  const { ahead, request, offsets } = setUp();
  const failing = ahead.next(0);
  request(0).fail(new Error('out of range'));
  await expect(failing).rejects.toThrow('out of range');
  const again = ahead.next(40);
  expect(offsets()).toEqual([0, 40]);
  request(1).finish(41);
  expect(await again).toEqual(answerTo(41));
});

test('a failure of what was asked for ahead is told in its turn', async () => {
  const { ahead, request } = setUp();
  const first = ahead.next(0);
  request(0).place(10);
  request(1).fail(new Error('unreachable'));
  request(0).finish(10);
  expect(await first).toEqual(answerTo(10));
  await expect(ahead.next(10)).rejects.toThrow('unreachable');
});

test('where there is no answer nothing is asked for any more', async () => {
  const { ahead, request, offsets } = setUp();
  const gone = ahead.next(0);
  request(0).takeAway();
  expect(await gone).toBeUndefined();
  expect(offsets()).toEqual([0]);
});
