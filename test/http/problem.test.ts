/** lib/http/problem.js: each code has its one meaning, and nothing of a failure is lost or leaked. */

import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { BrokerError, errorCodes } from '../../lib/broker/broker-error.js';
import { problem as problemSchema } from '../../lib/contract/errors.js';
import {
  fieldProblems,
  invalid,
  meanings,
  problemOf,
  problemResponse,
  RequestError,
} from '../../lib/http/problem.js';
import { StoreError } from '../../lib/store/store-error.js';

describe('meanings', () => {
  test('every code has one, in the order of the alphabet', () => {
    expect(Object.keys(meanings)).toEqual([...errorCodes]);
    expect(Object.keys(meanings)).toEqual(Object.keys(meanings).sort());
  });

  test('what may be tried again is throttling, storage, groups that change, time and the unexpected', () => {
    const retriable = errorCodes.filter((code) => meanings[code].retriable);
    expect(retriable).toEqual([
      'COORDINATOR_NOT_AVAILABLE',
      'KAFKA_STORAGE_ERROR',
      'REBALANCE_IN_PROGRESS',
      'REQUEST_TIMED_OUT',
      'THROTTLING_QUOTA_EXCEEDED',
      'UNKNOWN_SERVER_ERROR',
    ]);
    for (const code of errorCodes) {
      const { status, retriable: again } = meanings[code];
      expect(status === 429 || status >= 500).toBe(again);
    }
  });
});

describe('problems', () => {
  test('details are members beside the fixed ones, which they cannot replace', () => {
    const details = { earliest: 5, status: 'fake', code: 'FAKE', retriable: true };
    const problem = problemOf(new BrokerError('OFFSET_OUT_OF_RANGE', 'No.', { details }));
    expect(problem).toEqual({
      type: 'urn:logbrook:error:OFFSET_OUT_OF_RANGE',
      title: 'Offset out of range',
      status: 416,
      detail: 'No.',
      code: 'OFFSET_OUT_OF_RANGE',
      retriable: false,
      sideEffects: 'none',
      earliest: 5,
    });
    expect(problemSchema.safeParse(problem).success).toBe(true);
  });

  test.each([
    ['throttled', 'none', 429, 'THROTTLING_QUOTA_EXCEEDED'],
    ['timeout', 'unknown', 504, 'REQUEST_TIMED_OUT'],
    ['full', 'none', 503, 'KAFKA_STORAGE_ERROR'],
    ['unavailable', 'unknown', 503, 'KAFKA_STORAGE_ERROR'],
  ] as const)('a store that is %s (%s) is %i %s', (reason, effect, status, code) => {
    const problem = problemOf(new StoreError('why', { reason, effect }));
    expect(problem).toMatchObject({ status, code, retriable: true, sideEffects: effect });
  });

  test('an unexpected failure says nothing of itself, and nothing for certain', () => {
    const problem = problemOf(new TypeError('secret internals'));
    expect(problem).toMatchObject({ status: 500, sideEffects: 'unknown' });
    expect(JSON.stringify(problem)).not.toContain('secret');
  });

  test('a wrong request names its fields', () => {
    const parsed = z.object({ a: z.object({ b: z.int() }) }).safeParse({ a: { b: 'x' } });
    const found = parsed.error ? fieldProblems(parsed.error, 'line 3: ') : [];
    const problem = problemOf(invalid('body', found));
    expect(problem.status).toBe(400);
    expect(problem.errors?.map(({ field }) => field)).toEqual(['line 3: a.b']);
    expect(problem.detail).toMatch(/^Invalid body: line 3: a\.b: .*\.$/);
  });

  test('of very many wrong fields twenty are named', () => {
    const parsed = z.array(z.int()).safeParse(Array.from({ length: 1000 }, () => 'x'));
    expect(parsed.error && fieldProblems(parsed.error)).toHaveLength(20);
  });
});

describe('responses', () => {
  // Fault 6 of docs/faults.md.
  test('say when to come again, where that helps', async () => {
    const throttled = new StoreError('slow down', { reason: 'throttled', effect: 'none' });
    expect(problemResponse(problemOf(throttled)).headers.get('retry-after')).toBe('1');
    const wrong = problemResponse(problemOf(new RequestError(404, 'No.')), { 'x-more': 'y' });
    expect(wrong.headers.get('retry-after')).toBeNull();
    expect(wrong.headers.get('x-more')).toBe('y');
    expect(wrong.headers.get('content-type')).toBe('application/problem+json');
    expect(await wrong.json()).toMatchObject({ status: 404, code: 'INVALID_REQUEST' });
  });
});
