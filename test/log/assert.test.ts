/** Assertions hold or crash with their sentence. */

import { expect, test } from 'vitest';
import { assert, assertNever } from '../../lib/log/assert.js';

test('a condition that holds says nothing', () => {
  expect(() => assert(1, 'one')).not.toThrow();
});

test.each([false, 0, '', null, undefined])('%j fails with the sentence', (condition) => {
  expect(() => assert(condition, 'water is wet')).toThrow('assertion failed: water is wet');
});

test('a case nobody thought of is named', () => {
  expect(() => assertNever({ kind: 'new' } as never)).toThrow('unexpected {"kind":"new"}');
});
