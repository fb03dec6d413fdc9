/** lib/cli/commands/produce.js: every line once, its bytes kept, in order per key; keys and formats. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fieldOf } from '../../lib/cli/line-records.js';
import { machineTiming } from '../../lib/client/retry.js';
import type { RecordOutput } from '../../lib/contract/records.js';
import {
  connectionFailure,
  refusingFetch,
  sleepingTiming,
  startTestServer,
  type TestServer,
} from '../client/in-process-server.js';
import type { Fetch } from '../support/fetch.js';
import { accessLogLines, joinLines } from './access-log.js';
import { type CliSetting, runCli, startCli } from './cli-harness.js';

let server: TestServer;
beforeEach(async () => {
  server = startTestServer();
  await server.client.createTopic('access', 3);
});
afterEach(() => server.close());

type Plain = { key: string | null; value: string | null; partition: number; offset: number };

/** Keys and values as latin1, which shows every byte. */
async function stored(): Promise<Plain[]> {
  const pages = await Promise.all(
    [0, 1, 2].map((partition) =>
      server.client.fetch('access', partition, { format: 'base64', maxBytes: 2 ** 24 }),
    ),
  );
  const plain = (value: unknown) =>
    value === null ? null : Buffer.from(value as string, 'base64').toString('latin1');
  return pages.flatMap(({ records }) =>
    records.map(({ key, value, partition, offset }) => ({
      key: plain(key),
      value: plain(value),
      partition,
      offset,
    })),
  );
}

const produce = (stdin: CliSetting['stdin'] = '', ...args: string[]) =>
  runCli(['produce', 'access', ...args], { ...server, stdin: stdin ?? '' });

const latin1 = (bytes: Uint8Array | null) => bytes && Buffer.from(bytes).toString('latin1');

/** What the lines of each key are, in their order; lines without a key in any. */
function byKey(records: readonly { key: string | null; value: string | null }[]) {
  const groups: Record<string, (string | null)[]> = {};
  for (const { key, value } of records) {
    const group = key ?? '(none)';
    groups[group] ??= [];
    groups[group].push(value);
  }
  groups['(none)']?.sort();
  return groups;
}

const lines = accessLogLines(400);
const expectedByKey = byKey(
  lines.map((line) => ({ key: latin1(fieldOf(line, 1)), value: latin1(line) })),
);

test.each([true, false])('real lines come through exactly (last line end: %s)', async (lineEnd) => {
  const input = joinLines(lines, lineEnd);
  const result = await produce(input, '--key-field', '1', '--batch-bytes', '2048');
  expect(result).toMatchObject({ exitCode: 0, stdout: '' });
  expect(result.stderr).toMatch(
    /^access: 400 records, .* bytes in .* s; partition and offsets 0: 0-/,
  );
  expect(byKey(await stored())).toEqual(expectedByKey);
});

test('from a file', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'logbrook-'));
  try {
    const file = join(dir, 'access.txt');
    await writeFile(file, joinLines(lines));
    const result = await produce('', file, '--key-field', '1', '--json');
    const summary = JSON.parse(result.stdout);
    expect(summary).toMatchObject({
      topic: 'access',
      records: 400,
      bytes: joinLines(lines).length,
    });
    const sum = summary.partitions.reduce((n: number, p: { records: number }) => n + p.records, 0);
    expect(sum).toBe(400);
    expect(byKey(await stored())).toEqual(expectedByKey);
  } finally {
    await rm(dir, { recursive: true });
  }
});

test('a file that is not there fails before anything else', async () => {
  const result = await produce('', 'no/such/file');
  expect(result.exitCode).toBe(1);
  expect(result.stderr).toBe('logbrook: no/such/file: there is no such file\n');
  const folder = await runCli(['produce', 'access', 'lib'], server);
  expect(folder).toMatchObject({
    exitCode: 1,
    stderr: 'logbrook: lib: this is a directory, not a file\n',
  });
});

test('chunks that cut lines anywhere', async () => {
  const input = joinLines(lines);
  const chunks = Array.from({ length: Math.ceil(input.length / 7) }, (_, i) =>
    input.subarray(i * 7, i * 7 + 7),
  );
  await produce(Readable.from(chunks, { objectMode: false }), '--key-field', '1');
  expect(byKey(await stored())).toEqual(expectedByKey);
});

test('answers that are lost, and a server that is away, cost neither loss nor duplicates', async () => {
  let appends = 0;
  const fetch: Fetch = async (url, init) => {
    if (!url.includes('/records')) return server.fetch(url, init);
    appends++;
    if (appends > 4 && appends < 12) throw connectionFailure('ECONNREFUSED');
    const response = await server.fetch(url, init);
    if (appends % 3 === 0) throw connectionFailure('ECONNRESET');
    return response;
  };
  const args = ['produce', 'access', '--key-field', '1', '--batch-bytes', '2048'];
  const result = await runCli(args, { fetch, stdin: joinLines(lines) });
  expect(result.exitCode).toBe(0);
  expect(result.stderr).toMatch(/Trying again for up to 2 minutes/);
  expect(byKey(await stored())).toEqual(expectedByKey);
});

test('a server that stays away: what is written is told', async () => {
  let appends = 0;
  const fetch: Fetch = async (url, init) => {
    if (url.includes('/records') && appends++ > 0) throw connectionFailure('ECONNRESET');
    return server.fetch(url, init);
  };
  const args = ['produce', 'access', '-p', '1', '--batch-bytes', '1024'];
  const timing = sleepingTiming();
  const result = await runCli(args, { fetch, timing, stdin: 'line\n'.repeat(100) });
  expect(result.exitCode).toBe(1);
  const acknowledged = (await stored()).length;
  expect(result.stderr).toContain(
    `access: ${acknowledged} of 100 records read were acknowledged; partition and offsets 1: 0-`,
  );
  expect(result.stderr).toContain('The connection to http://127.0.0.1:9642 failed (ECONNRESET)');
});

test('no server from the start: that is told, and Ctrl-C ends the wait at once', async () => {
  const cli = startCli(['produce', 'access'], {
    fetch: refusingFetch,
    timing: machineTiming,
    stdin: 'a\n',
  });
  await cli.until((_, stderr) => /refused.*Trying again for up to 2 minutes/.test(stderr));
  cli.stop('SIGINT');
  expect(await cli.exitCode).toBe(130);
  expect(cli.stderr().match(/Trying again/g)).toHaveLength(1);
});

test.each<[args: string[], line: string, key: string | null, value: string]>([
  [[], 'a b', null, 'a b'],
  [['-k', ':'], 'k:v:w', 'k', 'v:w'],
  [['-k', ':'], ':v', '', 'v'],
  [['-k', '\\t'], 'k\tv', 'k', 'v'],
  [['-k', '=>'], 'k=>', 'k', ''],
  [['--key', 'k'], 'v', 'k', 'v'],
  [['--key-field', '2'], ' a\tb  c', 'b', ' a\tb  c'],
  [['--key-field', '9'], 'a b', null, 'a b'],
  [['--key-field', '1'], 'a\r', 'a', 'a\r'],
  [['--format', 'json'], '{"a": 1}', null, '{"a": 1}'],
  [['--format', 'base64'], '/wA=', null, '\u00ff\u0000'],
  [['--format', 'base64', '-k', ':'], 'k:/wA=', 'k', '\u00ff\u0000'],
  [['--acks', '0'], 'v', null, 'v'],
  [['--acks', '1'], 'v', null, 'v'],
])('%j', async (args, line, key, value) => {
  const result = await produce(`${line}\n`, ...args);
  expect(result).toMatchObject({ exitCode: 0 });
  const found = async () => (await stored()).map((record) => [record.key, record.value]);
  await expect.poll(found).toEqual([[key, value]]);
});

test('a topic that is not there: nothing was read, so nothing is said of it', async () => {
  const result = await runCli(['produce', 'nope'], { ...server, stdin: 'a\n' });
  expect(result.exitCode).toBe(1);
  expect(result.stderr).toMatch(/^logbrook: There is no topic "nope"/);
});

test('headers and partition', async () => {
  await produce('a\nb\n', '-H', 'x=1', '-H', 'y=p=q', '-p', '2');
  const { records } = await server.client.fetch('access', 2, {});
  const headers = [
    ['x', '1'],
    ['y', 'p=q'],
  ];
  expect(records).toMatchObject([
    { value: 'a', headers },
    { value: 'b', headers },
  ]);
});

test('ndjson: whole records, and what consume --json printed', async () => {
  const records = [
    { key: 'k', value: 'v', headers: [['h', 'x']], timestamp: 5, partition: 1 },
    { value: '/wA=', format: 'base64', partition: 1, topic: 'elsewhere', offset: 99 },
    { key: 'k', value: null, partition: 1 },
  ];
  const input = records.map((record) => JSON.stringify(record)).join('\n\n');
  expect(await produce(input, '--format', 'ndjson')).toMatchObject({ exitCode: 0 });
  const page = await server.client.fetch('access', 1, {});
  const [first, second, third] = page.records as [RecordOutput, RecordOutput, RecordOutput];
  expect(first).toMatchObject({ key: 'k', value: 'v', headers: [['h', 'x']], timestamp: 5 });
  expect(second).toMatchObject({ offset: 1, value: '/wA=', format: 'base64' });
  expect(third).toMatchObject({ key: 'k', value: null });
});

test.each([
  [['-k', ':'], 'k:v\nno separator\nk:w\n', /Line 2: there is no ":"/],
  [['--format', 'json'], '1\n{\n', /Line 2: is not JSON/],
  [['--format', 'base64'], 'AAE=\nAAE\n', /Line 2: .*base64/],
  [['--format', 'ndjson'], '{"value":"a"}\n{"valeu":"b"}\n', /Line 2: .*value/],
  [['--format', 'ndjson'], '{"value":"a"}\n7\n', /Line 2: /],
  [
    ['--format', 'ndjson'],
    '{"value":["12345678901234567890\\"",9007199254740992],"format":"json"}\n{"value":12345678901234567891,"format":"json"}\n',
    /Line 2: number 12345678901234567891 would be rounded/,
  ],
  [
    ['--format', 'ndjson'],
    '{"value":1.5e-3,"format":"json"}\n{"value":-1e999,"format":"json"}\n',
    /Line 2: the record holds a number that is too large for JSON/,
  ],
  [['--format', 'ndjson'], '{"value":"a"}\n{"value":1}\n', /Line 2: .*must be a string/],
  [['--format', 'ndjson'], '{"value":"a"}\n{"value":"a","partition":3}\n', /Line 2: .*0 to 2/],
] as const)(
  '%j: a wrong line is named, and those before it are written',
  async (args, input, said) => {
    const result = await produce(input, ...args);
    expect(result.exitCode).toBe(1);
    expect(result.stderr).toMatch(said);
    expect(result.stderr).toContain('access: 1 of 1 record read were acknowledged');
    expect(await stored()).toHaveLength(1);
  },
);

test('endless input without a line end does not fill the memory', async () => {
  let chunks = 0;
  const endless = new Readable({
    read() {
      chunks++;
      this.push(Buffer.alloc(65_536));
    },
  });
  const result = await produce(endless);
  expect(result.exitCode).toBe(1);
  expect(result.stderr).toMatch(/Line 1 has over 4194304 bytes/);
  expect(chunks).toBeLessThan(80);
});

test('a record over the limit is named', async () => {
  const result = await produce(`ok\n${'x'.repeat(4 * 1024 * 1024 - 50)}\n`);
  expect(result.exitCode).toBe(1);
  expect(result.stderr).toMatch(/Line 2: .*the limit is 4194304/);
  expect(await stored()).toHaveLength(1);
});

test('input is read no faster than it is written', async () => {
  let release = () => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  let appends = 0;
  const fetch: Fetch = async (url, init) => {
    if (url.includes('/records')) {
      appends++;
      await gate;
    }
    return server.fetch(url, init);
  };
  const line = Buffer.from(`${'x'.repeat(65_535)}\n`);
  let linesRead = 0;
  const source = new Readable({
    highWaterMark: 1,
    read() {
      this.push(linesRead++ < 1_000 ? line : null);
    },
  });
  const cli = startCli(['produce', 'access', '-p', '0'], { fetch, stdin: source });
  await expect.poll(() => linesRead).toBeGreaterThan(125);
  expect(appends).toBe(5);
  // 8 MiB are 128 lines: it stands still there until the server answers.
  expect(linesRead).toBeLessThan(142);
  release();
  expect(await cli.exitCode).toBe(0);
  expect((await server.client.listOffsets('access')).partitions[0]).toMatchObject({
    latest: 1_000,
  });
});

test('lines of a slow source are sent as they come; Ctrl-C writes what was read', async () => {
  const stdin = new PassThrough();
  const cli = startCli(['produce', 'access', '--key', 'k'], { ...server, stdin });
  stdin.write('one\n');
  await expect.poll(stored).toMatchObject([{ value: 'one' }]);
  stdin.write('two\nhalf a li');
  await expect.poll(stored).toMatchObject([{ value: 'one' }, { value: 'two' }]);
  cli.stop('SIGINT');
  expect(await cli.exitCode).toBe(130);
  expect(cli.stderr()).toMatch(/access: 2 records/);
  expect(await stored()).toHaveLength(2);
});

test('progress shows on a terminal', async () => {
  const result = await runCli(['produce', 'access'], {
    ...server,
    terminal: true,
    stdin: joinLines(lines),
  });
  expect(result.exitCode).toBe(0);
  expect(result.stderr).toMatch(/records\/s/);
});
