/**
 * The local server, killed with -9 and started again at random moments while `logbrook verify` works it:
 * nothing that was acknowledged is lost, written twice or moved. The moments come from a seed.
 */

import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { VerifyReport } from '../../lib/cli/verify/report.js';
import {
  type RunningCommand,
  type ServerProcess,
  startCommand,
  startServerProcess,
} from '../support/logbrook-process.js';
import { seededRandom } from '../support/manual-world.js';

const seed = 20_261_123;
const kills = 20;
const upMsMax = 1_000;

let dataDir: string;
let server: ServerProcess;
let verify: RunningCommand | undefined;

const start = (port: string) => startServerProcess(['--port', port, '--data-dir', dataDir]);

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'logbrook-kill-'));
  server = await start('0');
});
afterAll(async () => {
  // Should a test have ended early: it would go on for minutes.
  verify?.interrupt();
  await server?.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

// Fault 2 of docs/faults.md.
test(`kill -9 and restart, ${kills} times: verify finds nothing violated`, async () => {
  const random = seededRandom(seed);
  const { port } = new URL(server.url);
  // Sizes up to this lie partly in the index, partly in files of their own.
  const sizes = ['--rate', '300', '--record-bytes', '100000'];
  verify = startCommand(server.url, ['verify', '--duration', '10m', '--json', ...sizes]);
  let over = false;
  const result = verify.result.finally(() => {
    over = true;
  });
  for (let i = 0; i < kills && !over; i++) {
    await delay(random() * upMsMax);
    await server.kill9();
    server = await start(port);
  }
  // The last one has to be seen to work again.
  await delay(upMsMax);
  verify.interrupt();
  const { exitCode, stdout, stderr } = await result;
  const report = JSON.parse(stdout.toString()) as VerifyReport;
  process.stdout.write(`${kills} kills, seed ${seed}: ${JSON.stringify(report)}\n`);
  expect([exitCode, stderr]).toEqual([0, expect.anything()]);
  expect(report.violations).toBe(0);
  // It did happen while it worked: some calls met a server that was gone, many others did not.
  expect(report.failures.NETWORK_EXCEPTION).toBeGreaterThanOrEqual(kills);
  expect(report.acknowledged).toBeGreaterThan(kills);
  expect(report.read).toBeGreaterThanOrEqual(report.acknowledged);
}, 300_000);

test('a server that comes back with an older state is noticed', async () => {
  const { port } = new URL(server.url);
  const older = `${dataDir}-older`;
  const history = `${dataDir}-history.jsonl`;
  try {
    const args = ['--duration', '10m', '--json', '--history', history];
    verify = startCommand(server.url, ['verify', ...args]);
    await acknowledged(history, 50);
    await server.kill9();
    cpSync(dataDir, older, { recursive: true });
    server = await start(port);
    await acknowledged(history, 150);
    await server.kill9();
    rmSync(dataDir, { recursive: true });
    cpSync(older, dataDir, { recursive: true });
    server = await start(port);
    await acknowledged(history, 250);
    verify.interrupt();
    const { exitCode, stdout } = await verify.result;
    const report = JSON.parse(stdout.toString()) as VerifyReport;
    expect(exitCode).toBe(1);
    expect(report.violations).toBeGreaterThan(0);
  } finally {
    rmSync(older, { recursive: true, force: true });
    rmSync(history, { force: true });
  }
}, 120_000);

/** Resolves when the history tells of that many appends that were acknowledged. */
async function acknowledged(history: string, appends: number): Promise<void> {
  const told = () => (existsSync(history) ? readFileSync(history, 'utf8') : '');
  const count = () => told().match(/"type":"ok","op":"append"/g)?.length ?? 0;
  await expect.poll(count, { timeout: 60_000, interval: 50 }).toBeGreaterThanOrEqual(appends);
}
