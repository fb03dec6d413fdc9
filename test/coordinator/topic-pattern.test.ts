/** lib/coordinator/topic-pattern.js: the same answers as JavaScript's, in linear time, and clear refusals. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileTopicPattern, PatternProblem } from '../../lib/coordinator/topic-pattern.js';

const asJavaScript = (pattern: string) => new RegExp(`^(?:${pattern})$`);

const literal = fc.constantFrom('a', 'b', 'c', '\\.', '.', '[ab]', '[^a]', '\\d', '\\w', '[a-c]');
const { pattern: anyPattern } = fc.letrec<{ pattern: string; row: string; piece: string }>(
  (tie) => ({
    pattern: fc.oneof(
      { weight: 3, arbitrary: tie('row') },
      fc.tuple(tie('row'), tie('row')).map(([a, b]) => `${a}|${b}`),
    ),
    row: fc.array(tie('piece'), { maxLength: 4 }).map((pieces) => pieces.join('')),
    piece: fc
      .tuple(
        fc.oneof(
          { depthSize: 'small', withCrossShrink: true },
          literal,
          tie('pattern').map((inner) => `(${inner})`),
          tie('pattern').map((inner) => `(?:${inner})`),
        ),
        fc.constantFrom('', '', '*', '+', '?', '{2}', '{1,}', '{0,3}', '*?'),
      )
      .map(([atom, quantifier]) => atom + quantifier),
  }),
);

test('matches what JavaScript matches', () => {
  const names = fc.array(fc.constantFrom('a', 'b', 'c', '1', '.', '_'), { maxLength: 8 });
  fc.assert(
    fc.property(anyPattern, fc.array(names, { minLength: 5, maxLength: 10 }), (pattern, texts) => {
      fc.pre(pattern.length <= 256);
      const matches = compileTopicPattern(pattern);
      for (const characters of texts) {
        const name = characters.join('');
        expect([pattern, name, matches(name)]).toEqual([
          pattern,
          name,
          asJavaScript(pattern).test(name),
        ]);
      }
    }),
    { numRuns: 500, seed: 5 },
  );
});

test.each([
  ['orders-.*', 'orders-eu', true],
  ['orders-.*', 'my-orders-eu', false],
  ['^orders-(eu|us)$', 'orders-us', true],
  ['[a-z]+\\.v[0-9]{1,2}', 'clicks.v12', true],
  ['[a-z]+\\.v[0-9]{1,2}', 'clicksxv12', false],
  ['', '', true],
  ['a\\$', 'a$', true],
])('%s on %s: %s', (pattern, name, expected) => {
  expect(compileTopicPattern(pattern)(name)).toBe(expected);
});

test.each(['(a*)*b', '(a|a)*b', '(.*)*(.*)*(.*)*x', 'a?'.repeat(100) + 'a'.repeat(56)])(
  'a pattern made to explode does not: %s',
  (pattern) => {
    const steps = compileTopicPattern(pattern);
    expect(steps('a'.repeat(249))).toBe(false);
  },
);

test.each([
  ['(', /lacks a "\)"/],
  ['a)', /too many/],
  ['[a', /lacks a "\]"/],
  ['*a', /nothing to repeat/],
  ['a**', /repeats a repetition/],
  ['a{2,1}', /swapped/],
  ['a{', /escape it/],
  ['a{999}', /over 250/],
  ['((a{200}){200})', /too large/],
  ['(?=a)', /look-around/],
  ['(?i)a', /flags/],
  ['(a)\\1', /\\1/],
  ['\\p{L}', /\\p/],
  ['a^b', /in the middle/],
  ['a\\', /ends in/],
  ['x'.repeat(257), /limit is 256/],
])('%s is refused', (pattern, why) => {
  expect(() => compileTopicPattern(pattern)).toThrow(PatternProblem);
  expect(() => compileTopicPattern(pattern)).toThrow(why);
});
