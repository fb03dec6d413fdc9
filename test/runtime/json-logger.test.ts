/** Log lines: what is in them, which are left out, and that a process that exits loses none. */

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { createJsonLogger } from '../../lib/runtime/json-logger.js';

function collect(): { lines: Record<string, unknown>[]; write(line: string): void } {
  const lines: Record<string, unknown>[] = [];
  return { lines, write: (line) => lines.push(JSON.parse(line)) };
}

test('a line tells time, level, sentence and facts', () => {
  const sink = collect();
  createJsonLogger('info', sink).warn('A page is late.', { partition: 3 });
  expect(sink.lines).toEqual([
    {
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      partition: 3,
      message: 'A page is late.',
    },
  ]);
});

test('an error keeps its message, its stack and its cause', () => {
  const sink = collect();
  const cause = new Error('disk gone');
  createJsonLogger('info', sink).error('It failed.', { problem: new Error('no page', { cause }) });
  expect(sink.lines[0]).toMatchObject({
    problem: {
      message: 'no page',
      stack: expect.stringContaining('json-logger.test'),
      cause: { message: 'disk gone' },
    },
  });
});

test('lines below the level are left out', () => {
  const sink = collect();
  const log = createJsonLogger('warn', sink);
  log.info('quiet');
  log.warn('loud');
  log.error('louder');
  expect(sink.lines.map(({ message }) => message)).toEqual(['loud', 'louder']);
});

test('a process that exits at once has written every line to stderr, and none to stdout', async () => {
  const module = fileURLToPath(new URL('../../lib/runtime/json-logger.ts', import.meta.url));
  const script = `
    import { createJsonLogger } from ${JSON.stringify(module)};
    const log = createJsonLogger('info');
    for (let line = 0; line < 2000; line++) log.info('A line.', { line });
    process.exit(3);`;
  const args = ['--import', 'tsx', '--input-type=module', '-e', script];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
  const lines = stderr.trim().split('\n');
  expect(lines.map((line) => JSON.parse(line).line)).toEqual(lines.map((_, i) => i));
  expect(lines).toHaveLength(2000);
});
