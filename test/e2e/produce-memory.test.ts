/** `logbrook produce` of a long pipe: the program takes what the server takes, and no more into memory. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { startServerProcess } from '../support/logbrook-process.js';

const recordCount = 200_000;
const bytesMax = 200e6;

/** Tells what the process took at its most. */
const tellMemory =
  "--import=data:text/javascript,process.on('exit',()=>console.error('kibibytes',process.resourceUsage().maxRSS))";

function* lines(): Generator<string> {
  const rest = 'x'.repeat(230);
  for (let i = 0; i < recordCount; i += 1_000) {
    yield Array.from({ length: 1_000 }, (_, k) => `${i + k} ${rest}\n`).join('');
  }
}

test('many records through a pipe stay under 200 MB', async () => {
  const server = await startServerProcess(['--port', '0', '--store', 'memory']);
  try {
    await fetch(`${server.url}/v1/topics`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"name":"big","partitions":3}',
    });
    const args = [tellMemory, 'dist/logbrook.js', 'produce', 'big', '--key-field', '1', '--json'];
    const env = { ...process.env, LOGBROOK_URL: server.url };
    const child = spawn(process.execPath, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    Readable.from(lines()).pipe(child.stdin);
    const [exitCode] = await once(child, 'close');
    expect(exitCode, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ records: recordCount });
    const kibibytes = Number(/kibibytes (\d+)/.exec(stderr)?.[1]);
    expect(kibibytes * 1_024).toBeLessThan(bytesMax);
  } finally {
    await server.stop();
  }
}, 180_000);
