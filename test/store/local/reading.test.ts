/** Reads of the local store: whose directory it is, is looked up once per turn and never skipped. */

import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createReading } from '../../../lib/store/local/reading.js';
import { StoreError } from '../../../lib/store/store-error.js';

const denied = new StoreError('another process has it', { reason: 'denied', effect: 'none' });

test('the owner is looked up once in a turn, and again in the next one', async () => {
  let looks = 0;
  const reading = createReading(
    () => void looks++,
    () => false,
  );
  expect([reading(() => 'a'), reading(() => 'b')]).toEqual(['a', 'b']);
  expect(looks).toBe(1);
  await nextTurn();
  reading(() => 'c');
  expect(looks).toBe(2);
});

test('who has lost the directory reads nothing, not even in the same turn', () => {
  const reading = createReading(
    () => {
      throw denied;
    },
    () => false,
  );
  for (let i = 0; i < 2; i++) expect(() => reading(() => 'a')).toThrow(denied);
});

test('a failing disk is a StoreError, a bug stays what it is, and what is closed is not read', () => {
  let isClosed = false;
  const reading = createReading(
    () => {},
    () => isClosed,
  );
  const throwing = (error: Error) => () => {
    throw error;
  };
  const disk = Object.assign(new Error('i/o error'), { code: 5 });
  expect(() => reading(throwing(disk))).toThrow(StoreError);
  const bug = new TypeError('no such thing');
  expect(() => reading(throwing(bug))).toThrow(bug);
  isClosed = true;
  expect(() => reading(throwing(disk))).toThrow('the store is closed');
});
