/** docs/coming-from-kafka.md: each line that it shows is run by a shell, in its order, on a new server. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { blocksOf, type DocsShell, startDocsShell } from './docs-shell.js';

const lines = blocksOf('coming-from-kafka.md').flatMap((block) => block.trim().split('\n'));

let shell: DocsShell;
beforeAll(async () => {
  shell = await startDocsShell();
});
afterAll(() => shell.close());

test('each Kafka command has its counterpart', () => {
  expect(lines.length).toBeGreaterThan(60);
  for (const [i, line] of lines.entries()) {
    expect(line).toMatch(i % 2 === 0 ? /^# (kafka-|kcat )/ : /(^|\| )logbrook /);
  }
});

test('every line works', () => {
  const printed = new Map<string, string>();
  for (const line of lines.filter((one) => !one.startsWith('#')))
    printed.set(line, shell.run(line));
  const outputOf = (part: string) =>
    [...printed].flatMap(([line, output]) => (line.includes(part) ? [output] : [])).join('');
  expect(outputOf('consume quickstart-events')).toBe(
    'This is my first event\nThis is my second event\n',
  );
  expect(outputOf('topics list')).toMatch(/my_topic_name +20 /);
  expect(outputOf("--template '")).toMatch(/\t\tann\t1\n/);
  expect(outputOf('consume my-topic --group').trim().split('\n')).toHaveLength(7);
  expect(outputOf('groups describe my-group')).toMatch(/my-topic +0 +\d+ +\d+ +0 /);
  expect(outputOf('bench consume')).toMatch(/records\/s/);
}, 180_000);
