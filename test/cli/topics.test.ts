/** lib/cli/commands/topics-*.js and offsets.js: what they do, print, and print as JSON. */

import { afterEach, beforeEach, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../client/in-process-server.js';
import { runCli } from './cli-harness.js';

let server: TestServer;
beforeEach(() => {
  server = startTestServer();
});
afterEach(() => server.close());

const cli = (...args: string[]) => runCli(args, { ...server, stdoutIsTerminal: true });
const json = async (...args: string[]) => JSON.parse((await cli(...args, '--json')).stdout);

test('create', async () => {
  expect(await cli('topics', 'create', 'access', '--partitions', '3')).toMatchObject({
    exitCode: 0,
    stdout: 'Made topic access with 3 partitions.\n',
  });
  expect(await cli('topics', 'create', 'one')).toMatchObject({
    stdout: 'Made topic one with 1 partition.\n',
  });
  expect(await json('topics', 'create', 'x')).toMatchObject({ name: 'x', partitions: 1 });
});

test('create, where it exists', async () => {
  await cli('topics', 'create', 'access', '-p', '3');
  const refused = await cli('topics', 'create', 'access');
  expect(refused).toMatchObject({ exitCode: 1, stdout: '' });
  expect(refused.stderr).toMatch(/exists already.*\n.*--if-not-exists/);
  expect(await cli('topics', 'create', 'access', '--if-not-exists')).toMatchObject({
    exitCode: 0,
    stdout: 'Topic access exists already, with 3 partitions.\n',
  });
  const found = await json('topics', 'create', 'access', '--if-not-exists');
  expect(found).toMatchObject({ name: 'access', partitions: 3 });
});

test('list, over several pages', async () => {
  expect(await cli('topics', 'list')).toMatchObject({ exitCode: 0, stdout: '' });
  for (let i = 0; i < 103; i++) await server.client.createTopic(`t${1000 + i}`, 1);
  const { topics } = await json('topics', 'list');
  expect(topics).toHaveLength(103);
  const { stdout } = await cli('topics', 'ls');
  const lines = stdout.trimEnd().split('\n');
  expect(lines).toHaveLength(104);
  expect(lines[0]).toMatch(/^TOPIC +PARTITIONS +CREATED +ID$/);
  expect(lines[103]).toMatch(/^t1102 +1 {2}\d{4}-.*Z {2}[0-9a-f-]{36}$/);
});

test('describe', async () => {
  await cli('topics', 'create', 'access', '-p', '2');
  await server.client.append('access', [{ value: 'a', partition: 1 }]);
  const { stdout } = await cli('topics', 'describe', 'access');
  expect(stdout).toMatch(/^Topic access, id [0-9a-f-]{36}, made /);
  expect(stdout).toMatch(/\n {8}1 +0 +1 +0 {2}-/);
  const described = await json('topics', 'describe', 'access');
  expect(described.partitions[1]).toMatchObject({ logStartOffset: 0, highWatermark: 1 });
});

test('delete', async () => {
  await cli('topics', 'create', 'access');
  expect(await cli('topics', 'delete', 'access')).toMatchObject({
    exitCode: 0,
    stdout: 'Deleted topic access.\n',
  });
  expect(await cli('topics', 'delete', 'access')).toMatchObject({ exitCode: 1, stdout: '' });
  expect(await cli('topics', 'delete', 'access', '--if-exists')).toMatchObject({
    exitCode: 0,
    stdout: 'There is no topic access.\n',
  });
  const gone = await json('topics', 'delete', 'access', '--if-exists');
  expect(gone).toEqual({ topic: 'access', deleted: false });
});

test('offsets', async () => {
  await cli('topics', 'create', 'access');
  await server.client.append('access', [
    { value: 'a', timestamp: 1_000 },
    { value: 'b', timestamp: 2_000 },
  ]);
  const plain = await cli('offsets', 'access');
  expect(plain.stdout).toBe('PARTITION  EARLIEST  LATEST\n        0         0       2\n');
  const wrong = await cli('offsets', 'access', '--timestamp', 'yesterday');
  expect(wrong).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('so long ago: -1h') });
  const timed = await cli('offsets', 'access', '--timestamp', '1970-01-01T00:00:01.5Z');
  expect(timed.stdout).toMatch(/0 +0 +2 +1 {2}1970-01-01T00:00:02.000Z/);
  const ago = await json('offsets', 'access', '-t', '-1h');
  expect(ago.partitions).toMatchObject([{ offset: 2, timestamp: null }]);
  expect(await json('offsets', 'access', '-t', '@1500')).toMatchObject({
    partitions: [{ offset: 1 }],
  });
  const late = await json('offsets', 'access', '-t', '3000');
  expect(late.partitions).toMatchObject([{ offset: 2, timestamp: null }]);
});
