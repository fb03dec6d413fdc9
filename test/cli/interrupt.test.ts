/**
 * Ctrl-C on the real program: a member of a group commits what it printed and leaves, so that another gets its
 * partitions at once.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { connect } from '../../bin/sdk.js';
import { serve } from '../../bin/serve.js';

const program = path.resolve(import.meta.dirname, '../../dist/logbrook.js');

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s commits and leaves', async (signal, exitCode) => {
  const options = { port: 0, host: '127.0.0.1', store: 'memory', dataDir: '' } as const;
  const server = await serve({ ...options, takeOver: false }, { LOGBROOK_LOG_LEVEL: 'silent' });
  const { admin } = connect({ url: server.url });
  await admin.createTopic('access', 2);
  const records = Array.from({ length: 6 }, (_, i) => ({ value: `v${i}`, partition: i % 2 }));
  await admin.append('access', records);
  const args = ['consume', 'access', '-g', 'billing', '--from-beginning', '--url', server.url];
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = once(child, 'exit');
  let told = '';
  child.stderr.on('data', (bytes) => {
    told += bytes;
  });
  try {
    const printed: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      if (printed.push(line) === records.length) break;
    }
    child.kill(signal);
    expect(await exited).toEqual([exitCode, null]);
    expect(told).toBe('Stopped. What was printed is committed for group billing.\n');
    expect(printed.sort()).toEqual(records.map(({ value }) => value));
    const { members, partitions } = await admin.groups.describe('billing');
    expect(members).toEqual([]);
    expect(partitions.map(({ offset }) => offset)).toEqual([3, 3]);
  } finally {
    child.kill('SIGKILL');
    await server.stop();
  }
});
