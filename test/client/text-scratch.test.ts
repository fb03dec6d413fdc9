/** lib/client/text-scratch.js: the same bytes as everywhere, in memory that is used again. */

import { expect, test } from 'vitest';
import { createTextScratch } from '../../lib/client/text-scratch.js';

test.each([
  ['nothing', ''],
  ['ASCII', 'key-7'],
  ['three bytes for each unit', '雪'.repeat(21_845)],
  ['more than fits', 'ü'.repeat(21_846)],
  ['a lone surrogate', 'a\ud800b'],
])('%s', (_what, text) => {
  const utf8 = createTextScratch();
  expect(utf8(text)).toEqual(new TextEncoder().encode(text));
});

test('the next string is written over the last', () => {
  const utf8 = createTextScratch();
  const first = utf8('abc');
  utf8('xy');
  expect(new TextDecoder().decode(first)).toBe('xyc');
});
