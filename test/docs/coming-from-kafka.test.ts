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
  // The shell's stdout is a pipe.
  const jsonOf = (part: string) => JSON.parse(outputOf(part));
  expect(outputOf('consume quickstart-events')).toBe(
    'This is my first event\nThis is my second event\n',
  );
  expect(jsonOf('topics list').topics).toContainEqual(
    expect.objectContaining({ name: 'my_topic_name', partitions: 20 }),
  );
  expect(outputOf("--template '")).toMatch(/\t\tann\t1\n/);
  expect(outputOf('consume my-topic --group').trim().split('\n')).toHaveLength(7);
  expect(jsonOf('groups describe my-group').partitions[0]).toMatchObject({
    topic: 'my-topic',
    partition: 0,
    offset: expect.any(Number),
    highWatermark: expect.any(Number),
    lag: 0,
  });
  expect(jsonOf('bench consume').recordsPerSecond).toBeGreaterThan(0);
}, 180_000);
