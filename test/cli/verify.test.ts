/** lib/cli/commands/verify.js: a good server passes, a broken one does not, and the exit status tells. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createChecker } from '../../lib/checker/checker.js';
import { parseHistory } from '../../lib/checker/history-lines.js';
import type { VerifyReport } from '../../lib/cli/verify/report.js';
import { machineTiming, type Timing } from '../../lib/client/retry.js';
import {
  connectionFailure,
  startTestServer,
  type TestServer,
} from '../client/in-process-server.js';
import type { Fetch } from '../support/fetch.js';
import { type CliResult, runCli } from './cli-harness.js';
import { lyingAcks, lyingReads, repeatingAppends } from './lying-server.js';

let server: TestServer;
let dir: string;
beforeEach(() => {
  server = startTestServer();
  dir = mkdtempSync(join(tmpdir(), 'logbrook-verify-'));
});
afterEach(async () => {
  await server.close();
  rmSync(dir, { recursive: true, force: true });
});

/** Time passes by sleeping alone, however fast the machine is; others get their turn meanwhile. */
function runTiming(): Timing {
  let nowMs = Date.now();
  return {
    ...machineTiming,
    nowMs: () => nowMs,
    sleep: async (delayMs) => {
      nowMs += delayMs;
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

const verify = (fetch: Fetch, ...args: string[]) =>
  runCli(['verify', '--duration', '10s', '--rate', '500', ...args], {
    fetch,
    timing: runTiming(),
    stdoutIsTerminal: true,
  });

async function report(fetch: Fetch, ...args: string[]): Promise<CliResult & VerifyReport> {
  const result = await verify(fetch, '--json', ...args);
  return { ...result, ...(JSON.parse(result.stdout) as VerifyReport) };
}

test('a good server: everything acknowledged is read, nothing is violated', async () => {
  const result = await report(server.fetch);
  expect(result.examples).toEqual([]);
  expect(result).toMatchObject({ exitCode: 0, violations: 0, unknown: 0, stderr: '' });
  expect(result.acknowledged).toBeGreaterThan(100);
  expect(result.read).toBe(result.acknowledged);
  expect(result.appendMs.count).toBeGreaterThan(10);
  expect(result.endToEndMs.count).toBe(result.read);
  // Its topic is gone.
  expect((await server.client.listTopics()).topics).toEqual([]);
});

test('for people: the counts, the latencies, the verdict', async () => {
  const { stdout, exitCode } = await verify(server.fetch, '--partitions', '1');
  expect(exitCode).toBe(0);
  const words = ['acknowledged', 'read', 'unknown', 'lost', 'duplicated', 'reordered', 'P99'];
  for (const word of [...words, 'append', 'end to end', 'Nothing is violated.']) {
    expect(stdout).toContain(word);
  }
});

test('in a pipe: the report as JSON', async () => {
  const args = ['verify', '--duration', '1s', '--rate', '500'];
  const piped = await runCli(args, { fetch: server.fetch, timing: runTiming() });
  const asked = await verify(server.fetch, '--json');
  const fields = ({ stdout }: CliResult) => Object.keys(JSON.parse(stdout));
  expect(fields(piped)).toEqual(fields(asked));
});

test('--keep leaves the topic, a named topic that exists is used from its end on and stays', async () => {
  expect(
    (await verify(server.fetch, '--topic', 'mine', '--keep', '--partitions', '2')).exitCode,
  ).toBe(0);
  const [before] = (await server.client.describeTopic('mine')).partitions;
  expect(before?.highWatermark).toBeGreaterThan(0);
  const again = await report(server.fetch, '--topic', 'mine');
  expect(again).toMatchObject({ exitCode: 0, topic: 'mine', violations: 0 });
  const after = await server.client.describeTopic('mine');
  expect(after.partitions).toHaveLength(2);
  expect(after.partitions[0]?.highWatermark).toBeGreaterThan(before?.highWatermark ?? 0);
});

test('--history writes what the checker judged', async () => {
  const path = join(dir, 'history.jsonl');
  const { acknowledged } = await report(server.fetch, '--history', path);
  const checker = createChecker();
  for (const event of parseHistory(readFileSync(path, 'utf8'))) checker.add(event);
  const { counts, valid } = checker.finish();
  expect([counts.acknowledgedRecords, valid]).toEqual([acknowledged, true]);
});

test('replies that are lost, and a server that is away: unknown and failed, but no violation', async () => {
  let calls = 0;
  const fetch: Fetch = async (url, init) => {
    calls++;
    if (calls > 20 && calls % 7 === 0) throw connectionFailure('ECONNREFUSED');
    const response = await server.fetch(url, init);
    if (calls > 20 && calls % 5 === 0) throw connectionFailure('ECONNRESET');
    return response;
  };
  const result = await report(fetch);
  expect(result.examples).toEqual([]);
  expect(result).toMatchObject({ exitCode: 0, violations: 0 });
  expect(result.unknown).toBeGreaterThan(0);
  expect(result.failures.NETWORK_EXCEPTION).toBeGreaterThan(0);
});

const wrongServers: [string, string, () => Fetch][] = [
  ['loses what it acknowledged', 'lost', () => lyingAcks(server.fetch, 5)],
  ['writes twice', 'duplicated', () => repeatingAppends(server.fetch, 5)],
  [
    'serves in another order',
    'reordered',
    () => lyingReads(server.fetch, (page) => ({ ...page, records: page.records.toReversed() })),
  ],
];

test.each(wrongServers)('a server that %s fails: %s', async (_what, word, wrong) => {
  const result = await report(wrong());
  expect(result.exitCode).toBe(1);
  expect(result[word as 'lost']).toBeGreaterThan(0);
  expect(result.violations).toBeGreaterThan(0);
  expect(result.stderr).toContain('broke its promises');
  // The topic can be looked at.
  expect((await server.client.listTopics()).topics).toHaveLength(1);
});

test('a value that comes back changed is a violation', async () => {
  const damage = (value: unknown) => String(value).replace(/.$/, '?');
  const wrong = lyingReads(server.fetch, (page) => ({
    ...page,
    records: page.records.map((one) => ({ ...one, value: damage(one.value) })),
  }));
  const result = await verify(wrong);
  expect(result.exitCode).toBe(1);
  expect(result.stdout).toContain('phantom');
});

test('a server that is not there from the start is a failure, not a verdict', async () => {
  const fetch: Fetch = async () => {
    throw connectionFailure('ECONNREFUSED');
  };
  const result = await verify(fetch);
  expect(result).toMatchObject({ exitCode: 1, stdout: '' });
  expect(result.stderr).toContain('No server answers');
});

test('nothing acknowledged is nothing verified', async () => {
  const fetch: Fetch = async (url, init) => {
    if (init.method === 'POST' && url.includes('/records')) throw connectionFailure('ECONNREFUSED');
    return server.fetch(url, init);
  };
  const result = await report(fetch);
  expect(result).toMatchObject({ exitCode: 1, violations: 0, acknowledged: 0 });
  expect(result.stderr).toContain('nothing is verified');
});

test('--keys: a topic is compacted while it is worked, and the last of each key stays', async () => {
  const compacting = startTestServer({ jobs: { compactAfterMs: 0 } });
  let requests = 0;
  let recordsCompacted = 0;
  const fetch: Fetch = async (url, init) => {
    if (++requests % 40 === 0) {
      recordsCompacted += (await compacting.client.jobs.run()).recordsCompacted;
    }
    return compacting.fetch(url, init);
  };
  const result = await report(fetch, '--keys', '50', '--partitions', '2');
  expect(result.examples).toEqual([]);
  expect(result).toMatchObject({ exitCode: 0, violations: 0, lost: 0 });
  expect(result.acknowledged).toBeGreaterThan(100);
  expect(recordsCompacted).toBeGreaterThan(100);
  await compacting.close();
});

test('--keys: a server that lets go of the last value of a key is noticed', async () => {
  const hiding = lyingReads(server.fetch, (page) => ({
    ...page,
    records: page.records.filter(({ key }) => key !== 'key-3'),
  }));
  const result = await report(hiding, '--keys', '5');
  expect(result.exitCode).toBe(1);
  expect(result.lost).toBeGreaterThan(0);
  // All that is gone is of that key: of others nothing is missed.
  expect(result.lost).toBeLessThanOrEqual(3);
});
