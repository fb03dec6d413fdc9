/** What the outside's failures become, and that no failure claims to be more harmless than it is. */

import { expect, test } from 'vitest';
import {
  BrokerError,
  brokerErrorOf,
  errorCodes,
  withSideEffects,
} from '../../lib/broker/broker-error.js';
import { StoreError, type StoreErrorReason } from '../../lib/store/store-error.js';

const codes: Record<StoreErrorReason, string> = {
  unavailable: 'KAFKA_STORAGE_ERROR',
  throttled: 'THROTTLING_QUOTA_EXCEEDED',
  timeout: 'REQUEST_TIMED_OUT',
  full: 'KAFKA_STORAGE_ERROR',
  denied: 'KAFKA_STORAGE_ERROR',
  corrupt: 'KAFKA_STORAGE_ERROR',
};

// Faults 6, 51 of docs/faults.md.
test.each(Object.entries(codes))('a store that is %s is %s', (reason, code) => {
  for (const effect of ['none', 'unknown'] as const) {
    const error = new StoreError('why', { reason: reason as StoreErrorReason, effect });
    expect(brokerErrorOf(error)).toMatchObject({ code, sideEffects: effect, cause: error });
    expect(brokerErrorOf(error, 'none')).toMatchObject({ code, sideEffects: 'none' });
    expect(brokerErrorOf(error).message).toContain('why');
    expect(brokerErrorOf(error).details).toEqual(reason === 'corrupt' ? { corrupt: true } : {});
  }
});

test('what nobody expected may have had an effect, unless the call was harmless', () => {
  const error = new TypeError('secret');
  const unexpected = { code: 'UNKNOWN_SERVER_ERROR', cause: error };
  expect(brokerErrorOf(error)).toMatchObject({ ...unexpected, sideEffects: 'unknown' });
  expect(brokerErrorOf(error, 'none')).toMatchObject({ ...unexpected, sideEffects: 'none' });
  expect(brokerErrorOf('text')).toMatchObject({ code: 'UNKNOWN_SERVER_ERROR' });
  expect(brokerErrorOf(error).message).not.toContain('secret');
});

test('a broker error stays the one it is', () => {
  const error = new BrokerError('INVALID_RECORD', 'why', { details: { limit: 1 } });
  expect(brokerErrorOf(error)).toBe(error);
  expect(error).toMatchObject({ name: 'BrokerError', details: { limit: 1 }, sideEffects: 'none' });
});

test('an error can be given another effect, and is otherwise the same', () => {
  const facts = { details: { limit: 1 }, cause: new Error('why') };
  const error = new BrokerError('INVALID_RECORD', 'too many', facts);
  const after = { code: 'INVALID_RECORD', message: 'too many', ...facts, sideEffects: 'unknown' };
  expect(withSideEffects(error, 'unknown')).toMatchObject(after);
  expect(error.sideEffects).toBe('none');
});

test('the list of codes is in order and without repeats', () => {
  expect([...errorCodes]).toEqual([...new Set(errorCodes)].sort());
});
