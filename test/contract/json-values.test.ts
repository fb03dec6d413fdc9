/** Which JSON values lib/contract/json-values.js lets through, and which would come back as others. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { inexactInteger, jsonDepthMax, jsonValueProblem } from '../../lib/contract/json-values.js';

const nested = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels));

describe('values', () => {
  test.each([null, 0, -1.5, '', 'x', [], {}, [1, [2, { a: null }]], { ['__proto__']: 1 }])(
    '%j is fine',
    (value) => {
      expect(jsonValueProblem(value)).toBeUndefined();
    },
  );

  test('depth is fine up to the limit, not beyond', () => {
    expect(jsonValueProblem(nested(jsonDepthMax))).toBeUndefined();
    expect(jsonValueProblem(nested(jsonDepthMax + 1))).toMatch(/more than 500 levels/);
    expect(jsonValueProblem({ a: [{ b: nested(jsonDepthMax) }] })).toMatch(/levels/);
  });

  test.each(['1e400', '[-1e999]', '{"a":{"b":1e309}}'])('%s is too large', (text) => {
    expect(jsonValueProblem(JSON.parse(text))).toMatch(/too large/);
  });
});

describe('integers', () => {
  test.each([
    '9007199254740991',
    '-9007199254740992',
    '1718000000000000000',
    '30685381058895910',
    '1000000000000000000000',
    '"12345678901234567891"',
    '"a\\"12345678901234567891"',
    '{"12345678901234567891":1}',
    '0.12345678901234567891',
    '1234567890123456789.5',
    '12345678901234567891e0',
    '[1,22,333]',
  ])('%s stays what it is', (text) => {
    expect(inexactInteger(text)).toBeUndefined();
  });

  test.each([
    ['9007199254740993', '9007199254740993'],
    ['[1,-9007199254740993]', '-9007199254740993'],
    ['{"a":"\\\\","id":12345678901234567891}', '12345678901234567891'],
    [`[${'9'.repeat(400)}]`, '9'.repeat(400)],
  ])('%s does not', (text, number) => {
    expect(inexactInteger(text)).toBe(number);
  });

  test('wherever it stands in the text', () => {
    const number = '9007199254740993';
    for (let before = 0; before < 70; before++) {
      const text = JSON.stringify(['x'.repeat(before), 5]).replace('5', number);
      expect(inexactInteger(text)).toBe(number);
      expect(inexactInteger(text.replace(number, number.slice(1)))).toBeUndefined();
    }
  });

  test('a million digits are refused at once', () => {
    const startMs = performance.now();
    expect(inexactInteger('7'.repeat(1_000_000))).toHaveLength(1_000_000);
    expect(performance.now() - startMs).toBeLessThan(2_000);
  });

  test('what JSON.stringify writes is never refused', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(inexactInteger(JSON.stringify(value))).toBeUndefined();
      }),
      { numRuns: 500 },
    );
  });
});
