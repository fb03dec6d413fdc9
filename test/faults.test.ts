/**
 * The table of faults in docs/faults.md: every row is there, and every test that it names is where it says
 * and names the row.
 */

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const rowCount = 52;

type Row = {
  readonly number: number;
  readonly expected: string;
  readonly tests: readonly (readonly [path: string, title: string])[];
  readonly reason: string;
};

function parseRow(line: string): Row[] {
  const cells = /^\| (\d+) \| [^|]+ \| ([^|]+) \| (.+) \|$/.exec(line);
  if (!cells) return [];
  const [, number, expected = '', last = ''] = cells;
  const named = [...last.matchAll(/`(test\/[^`]+)`: (.+?)(?=<br>|$)/g)];
  const tests = named.map(([, path = '', title = '']) => [path, title] as const);
  return [{ number: Number(number), expected, tests, reason: /^none: (.+)/.exec(last)?.[1] ?? '' }];
}

const rows = readFileSync('docs/faults.md', 'utf8').split('\n').flatMap(parseRow);

test('every fault is listed once', () => {
  expect(rows.map(({ number }) => number)).toEqual(
    Array.from({ length: rowCount }, (_, i) => i + 1),
  );
});

test('every fault has what is expected and a test, or the reason why not', () => {
  for (const { number, expected, tests, reason } of rows) {
    if (tests.length > 0) expect(expected, `fault ${number}`).toMatch(/\w/);
    else expect(reason, `fault ${number}`).toMatch(/\w.*\.$/);
  }
});

/** The numbers in the comment above the test or group of that title; undefined if there is no such title. */
function faultsNamedAbove(text: string, title: string): number[] | undefined {
  const at = ["'", '`', '"'].map((quote) => text.indexOf(quote + title)).find((i) => i >= 0);
  if (at === undefined) return undefined;
  const starts = [...text.slice(0, at).matchAll(/^ *(test|describe)\b/gm)];
  const before = text.slice(0, starts.at(-1)?.index).trimEnd().split('\n').at(-1) ?? '';
  const numbers = /^ *\/\/ Faults? ([\d, ]+) of docs\/faults\.md\.$/.exec(before)?.[1] ?? '';
  return numbers.split(',').map(Number);
}

const named = rows.flatMap(({ number, tests }) =>
  tests.map(([path, title]) => ({ number, path, title })),
);

test.each(named)('fault $number: $path, $title', ({ number, path, title }) => {
  expect(faultsNamedAbove(readFileSync(path, 'utf8'), title)).toContain(number);
});
