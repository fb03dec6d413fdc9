/** lib/cli/commands/consume.js and consumer.js: where it begins and ends, what it prints, how it stops. */

import { Writable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  connectionFailure,
  startTestServer,
  type TestServer,
} from '../client/in-process-server.js';
import type { Fetch } from '../support/fetch.js';
import { accessLogLines, joinLines } from './access-log.js';
import { runCli, startCli } from './cli-harness.js';

let server: TestServer;
beforeEach(async () => {
  server = startTestServer();
  await server.client.createTopic('access', 2);
});
afterEach(() => server.close());

const consume = (...args: string[]) => runCli(['consume', 'access', ...args], server);

/** `v0`, `v1`, ... in partition 0, one second apart, from 10 s on. */
async function fill(count: number, partition = 0): Promise<void> {
  const records = Array.from({ length: count }, (_, i) => ({
    key: 'k',
    value: `v${i}`,
    timestamp: 10_000 + i * 1_000,
    partition,
  }));
  await server.client.append('access', records);
}

test('lines come back byte for byte', async () => {
  const lines = accessLogLines(300);
  const input = joinLines(lines);
  await runCli(['produce', 'access', '-p', '1', '--batch-bytes', '2048'], {
    ...server,
    stdin: input,
  });
  const result = await consume('--from-beginning', '--exit');
  expect(result).toMatchObject({ exitCode: 0, stderr: '' });
  expect(result.stdoutBytes.equals(input)).toBe(true);
  const json = await consume('--from-beginning', '--exit', '--json');
  const records = json.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const values = records.map(({ value, format }) =>
    Buffer.from(value, format === 'base64' ? 'base64' : 'utf8'),
  );
  expect(joinLines(values).equals(input)).toBe(true);
  const base64 = await consume('--from-beginning', '--exit', '--format', 'base64');
  const decoded = base64.stdout.split('\n').slice(0, -1);
  expect(joinLines(decoded.map((line) => Buffer.from(line, 'base64'))).equals(input)).toBe(true);
});

test('--json: one object per line', async () => {
  await server.client.append('access', [
    { key: 'k', value: 'v', headers: [['h', 'x']], timestamp: 5, partition: 1 },
    { value: null, partition: 1 },
  ]);
  const { stdout } = await consume('--from-beginning', '--exit', '--json');
  const [first, second] = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(first).toEqual({
    topic: 'access',
    partition: 1,
    offset: 0,
    timestamp: 5,
    key: 'k',
    value: 'v',
    headers: [['h', 'x']],
  });
  expect(second).toMatchObject({ offset: 1, key: null, value: null });
});

test('values as JSON', async () => {
  await server.client.append('access', [{ value: '{"a": [1]}' }, { value: 'no JSON' }]);
  const { stdout } = await consume('--from-beginning', '--exit', '--format', 'json');
  expect(stdout).toBe('{"a":[1]}\nno JSON\n');
});

test('-f draws each record', async () => {
  await server.client.append('access', [
    {
      key: 'k',
      value: 'v',
      headers: [
        ['h', 'x'],
        ['i', 'y'],
      ],
      timestamp: 5,
      partition: 1,
    },
    { value: null, partition: 1 },
    { value: '/w==', format: 'base64', partition: 1 },
  ]);
  const template = '%t/%p/%o %T %k=%s [%h] %K %S%% \\t\\x21\\n';
  const { stdoutBytes } = await consume('-o', 'start', '--exit', '-f', template);
  const [first, second, third] = stdoutBytes.toString('latin1').split('\n');
  expect(first).toBe('access/1/0 5 k=v [h=x,i=y] 1 1% \t!');
  expect(second).toMatch(/^access\/1\/1 \d+ = \[\] -1 -1% \t!$/);
  expect(third).toMatch(/^access\/1\/2 \d+ =\u00ff \[\] -1 1% \t!$/);
});

test('a topic can be copied', async () => {
  await fill(5);
  await server.client.createTopic('copy', 2);
  const { stdout } = await consume('--from-beginning', '--exit', '--json');
  const copy = await runCli(['produce', 'copy', '--format', 'ndjson'], {
    ...server,
    stdin: stdout,
  });
  expect(copy.exitCode).toBe(0);
  const again = await runCli(['consume', 'copy', '--from-beginning', '--exit', '--json'], server);
  expect(again.stdout.replaceAll('"copy"', '"access"')).toBe(stdout);
});

test.each([
  [['--from-beginning'], ['v0', 'v1', 'v2', 'v3']],
  [
    ['-o', 'start'],
    ['v0', 'v1', 'v2', 'v3'],
  ],
  [['-o', 'end'], []],
  [[], []],
  [
    ['-o', '2', '-p', '0'],
    ['v2', 'v3'],
  ],
  [['-o', '4', '-p', '0'], []],
  [['-o', '-1'], ['v3']],
  [
    ['-o', '-99'],
    ['v0', 'v1', 'v2', 'v3'],
  ],
  [
    ['-o', '@12000'],
    ['v2', 'v3'],
  ],
  [['-o', '@1970-01-01T00:00:12.500Z'], ['v3']],
  [['-o', '@99000'], []],
  [['-o', '@-1h'], []],
  [
    ['-o', '+1'],
    ['v1', 'v2', 'v3'],
  ],
  [['-o', '+9'], []],
  [
    ['-o', 'start', '-n', '3'],
    ['v0', 'v1', 'v2'],
  ],
  [['-o', 'start', '-p', '1'], []],
  [
    ['-o', 'start', '-p', '1', '-p', '0'],
    ['v0', 'v1', 'v2', 'v3'],
  ],
])('%j --exit', async (args, values) => {
  await fill(4);
  const result = await consume(...args, '--exit');
  expect(result).toMatchObject({ exitCode: 0, stderr: '' });
  expect(result.stdout).toBe(values.map((value) => `${value}\n`).join(''));
});

test.each([
  [
    ['-o', '9', '-p', '0'],
    /Offset 9 is out of range: partition 0 starts at 0 and ends at 4.*\n.*--from-beg/,
  ],
  [['-o', '9', '-p', '0', '-p', '0'], /partition 0 starts at 0 and ends at 4/],
  [['-o', '1', '-p', '1'], /partition 1 starts at 0 and ends at 0/],
  [['-p', '2'], /has partitions 0 to 1, not 2/],
])('%j fails', async (args, said) => {
  await fill(4);
  const result = await consume(...args, '--exit');
  expect(result).toMatchObject({ exitCode: 1, stdout: '' });
  expect(result.stderr).toMatch(said);
});

test.each([
  [
    ['-o', '1'],
    ['v1', 'v2', 'v3'],
    'Offset 1 is not everywhere: partition 1 begins at its end, 0.\n',
  ],
  [
    ['-o', '1', '-p', '0', '-p', '1'],
    ['v1', 'v2', 'v3'],
    'Offset 1 is not everywhere: partition 1 begins at its end, 0.\n',
  ],
  [
    ['-o', '9'],
    [],
    'Offset 9 is not everywhere: partition 0 begins at its end, 4; partition 1 begins at its end, 0.\n',
  ],
])('%j --exit begins at the end of what is shorter, and says so', async (args, values, said) => {
  await fill(4);
  const result = await consume(...args, '--exit');
  expect(result).toMatchObject({ exitCode: 0, stderr: said });
  expect(result.stdout).toBe(values.map((value) => `${value}\n`).join(''));
});

test('what is below the start of a partition begins at its start', async () => {
  await fill(4, 0);
  await fill(2, 1);
  await server.client.trim('access', 0, 3);
  const result = await consume('-o', '1', '--exit', '-f', '%p:%s ');
  expect(result).toMatchObject({
    exitCode: 0,
    stderr: 'Offset 1 is not everywhere: partition 0 begins at its start, 3.\n',
  });
  expect(result.stdout.trim().split(' ').sort()).toEqual(['0:v3', '1:v1']);
});

test('what a shorter partition gets from now on is read', async () => {
  await fill(4);
  const cli = startCli(['consume', 'access', '-o', '3'], { ...server, terminal: true });
  await cli.until((stdout, stderr) => stdout === 'v3\n' && stderr.includes('end of access'));
  await server.client.append('access', [{ value: 'new', partition: 1 }]);
  await cli.until((stdout) => stdout === 'v3\nnew\n');
  cli.stop('SIGINT');
  expect(await cli.exitCode).toBe(130);
});

test('-n stops over several partitions, and while following', async () => {
  await fill(3, 0);
  await fill(3, 1);
  const result = await consume('--from-beginning', '-n', '4');
  expect(result.exitCode).toBe(0);
  expect(result.stdout.trimEnd().split('\n')).toHaveLength(4);
});

test('--exit stops at the end of the beginning, though more comes meanwhile', async () => {
  await fill(3);
  const fetch: Fetch = async (url, init) => {
    if (url.includes('/records')) await fill(2);
    return server.fetch(url, init);
  };
  const result = await runCli(['consume', 'access', '--from-beginning', '--exit'], { fetch });
  expect(result.stdout).toBe('v0\nv1\nv2\n');
});

test('it follows, says once that it reached the end, and Ctrl-C tells where it stood', async () => {
  await fill(2);
  const cli = startCli(['consume', 'access', '--from-beginning'], { ...server, terminal: true });
  await cli.until((stdout, stderr) => stdout.includes('v1') && stderr.includes('end of access'));
  await fill(1, 1);
  await cli.until((stdout) => stdout.split('v0').length === 3);
  cli.stop('SIGINT');
  expect(await cli.exitCode).toBe(130);
  expect(cli.stdout().toString()).toBe('v0\nv1\nv0\n');
  expect(cli.stderr().match(/Reached the end/g)).toHaveLength(1);
  expect(cli.stderr()).toContain('The next offsets by partition: 0: 2, 1: 1.');
});

test('the default is to begin at the end', async () => {
  await fill(2);
  const cli = startCli(['consume', 'access', '-n', '1'], { ...server, terminal: true });
  await cli.until((_stdout, stderr) => stderr.includes('end of access'));
  await server.client.append('access', [{ value: 'new' }]);
  expect(await cli.exitCode).toBe(0);
  expect(cli.stdout().toString()).toBe('new\n');
});

test('who begins at the end and stops there is told why there is nothing', async () => {
  await fill(2);
  const result = await runCli(['consume', 'access', '-e'], { ...server, terminal: true });
  expect(result).toMatchObject({ exitCode: 0, stdout: '' });
  expect(result.stderr).toContain('--from-beginning');
  const asked = await runCli(['consume', 'access', '-e', '-o', 'end'], {
    ...server,
    terminal: true,
  });
  expect(asked.stderr).not.toContain('--from-beginning');
});

test('SIGTERM ends it too', async () => {
  const cli = startCli(['consume', 'access', '-p', '1'], { ...server, terminal: true });
  await cli.until((_stdout, stderr) => stderr.includes('end of access'));
  cli.stop('SIGTERM');
  expect(await cli.exitCode).toBe(143);
  expect(cli.stderr()).toContain('To go on: logbrook consume access -p 1 -o 0\n');
});

test('a server that goes away and comes back', async () => {
  await fill(2);
  let fetches = 0;
  const fetch: Fetch = async (url, init) => {
    const isFetch = url.includes('/records');
    if (isFetch && fetches++ < 6) throw connectionFailure('ECONNREFUSED');
    return server.fetch(url, init);
  };
  const result = await runCli(['consume', 'access', '-o', 'start', '--exit'], { fetch });
  expect(result).toMatchObject({ exitCode: 0, stdout: 'v0\nv1\n' });
  expect(result.stderr.match(/Trying again/g)).toHaveLength(1);
});

test('a topic that goes away ends it', async () => {
  await fill(2);
  const fetch: Fetch = async (url, init) => {
    if (url.includes('/records')) await server.client.deleteTopic('access').catch(() => {});
    return server.fetch(url, init);
  };
  const result = await runCli(['consume', 'access', '-o', 'start'], { fetch });
  expect(result.exitCode).toBe(1);
  expect(result.stderr).toContain('There is no topic "access"');
});

test('nobody reads any more (| head): a quiet end', async () => {
  await fill(3);
  const stdout = new Writable({
    write: (_chunk, _encoding, done) => done(Object.assign(new Error('EPIPE'), { code: 'EPIPE' })),
  });
  const result = await runCli(['consume', 'access', '--from-beginning'], { ...server, stdout });
  expect(result).toMatchObject({ exitCode: 0, stderr: '' });
});

test('a full disk is no quiet end', async () => {
  await fill(3);
  const full = Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
  const stdout = new Writable({ write: (_chunk, _encoding, done) => done(full) });
  const result = await runCli(['consume', 'access', '--from-beginning'], { ...server, stdout });
  expect(result.exitCode).toBe(1);
  expect(result.stderr).toContain('no space is left');
});

test('it reads no further than somebody takes the output', async () => {
  const value = 'x'.repeat(600_000);
  for (let i = 0; i < 6; i++) await server.client.append('access', [{ value, partition: 0 }]);
  let fetches = 0;
  const fetch: Fetch = (url, init) => {
    if (url.includes('/records')) fetches++;
    return server.fetch(url, init);
  };
  const writes: (() => void)[] = [];
  const stdout = new Writable({ write: (_chunk, _encoding, done) => void writes.push(done) });
  const args = ['consume', 'access', '-p', '0', '--from-beginning', '--exit'];
  const cli = startCli(args, { fetch, stdout });
  let pages = 0;
  while (pages < 6) {
    await expect.poll(() => writes.length).toBe(1);
    pages++;
    expect(fetches).toBe(pages);
    writes.shift()?.();
  }
  expect(await cli.exitCode).toBe(0);
});

test('progress shows when output goes to a file', async () => {
  await fill(3);
  const result = await runCli(['consume', 'access', '-o', 'start', '--exit'], {
    ...server,
    terminal: true,
    stdoutIsFile: true,
  });
  expect(result.stdout).toBe('v0\nv1\nv2\n');
  expect(result.stderr).toMatch(/records\/s/);
});
