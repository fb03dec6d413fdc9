/** lib/cli/verify/record-values.js: a value says whose it is, and whether it was changed on the way. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { drawSize, nameIn, textOf } from '../../../lib/cli/verify/record-values.js';

const names = fc.stringMatching(/^[a-z0-9-]{1,20}$/);

test('the name comes back from a value of any size', () => {
  fc.assert(
    fc.property(names, fc.nat(200), (name, size) => {
      const text = textOf(name, size);
      expect(text.length).toBe(Math.max(size, name.length));
      expect(nameIn(text)).toBe(name);
    }),
  );
});

test('one character changed anywhere behind the name is not that name', () => {
  fc.assert(
    fc.property(names, fc.nat(199), (name, place) => {
      const text = textOf(name, 200);
      const at = Math.max(place, name.length + 1);
      expect(nameIn(`${text.slice(0, at)}#${text.slice(at + 1)}`)).not.toBe(name);
    }),
  );
});

test('what is no text is no name', () => {
  expect([null, undefined, 7, { a: 1 }].map(nameIn)).toEqual([
    'not a text: null',
    'not a text: undefined',
    'not a text: 7',
    'not a text: {"a":1}',
  ]);
});

test('sizes reach from 1 to the maximum', () => {
  expect([drawSize(1_000, 0), drawSize(1_000, 0.5), drawSize(1_000, 1)]).toEqual([1, 32, 1_000]);
});
