/** lib/cli/commands/topics-alter.js, topics-add-partitions.js, topics-trim.js and configs.js. */

import { afterEach, beforeEach, expect, test } from 'vitest';
import type { TopicConfig } from '../../lib/contract/topic-configs.js';
import { configNames } from '../../lib/log/topic-configs.js';
import { startTestServer, type TestServer } from '../client/in-process-server.js';
import { runCli } from './cli-harness.js';

let server: TestServer;
beforeEach(() => {
  server = startTestServer();
});
afterEach(() => server.close());

const cli = (...args: string[]) => runCli(args, { ...server, stdoutIsTerminal: true });
const json = async (...args: string[]) => JSON.parse((await cli(...args, '--json')).stdout);

function own(configs: readonly TopicConfig[]): string[] {
  return configs.flatMap(({ name, value, source }) => (source === 'topic' ? [name, value] : []));
}

test('create with settings, alter, describe', async () => {
  const settings = ['--config', 'retention.ms=60000', '-c', 'cleanup.policy=delete'];
  expect(await cli('topics', 'create', 'a', ...settings)).toMatchObject({ exitCode: 0 });
  const { configs } = await json('topics', 'describe', 'a');
  expect(own(configs)).toEqual(['retention.ms', '60000', 'cleanup.policy', 'delete']);
  const change = ['-c', 'segment.bytes=2000000', '--delete-config', 'cleanup.policy'];
  const altered = await cli('topics', 'alter', 'a', ...change);
  expect(altered).toMatchObject({ exitCode: 0, stderr: '' });
  expect(altered.stdout).toMatch(/^Altered topic a\.\n\nSETTING +VALUE +DEFAULT\n/);
  expect(altered.stdout).toMatch(/\nretention\.ms +60000 +604800000\nsegment\.bytes +2000000 /);
  expect((await cli('topics', 'describe', 'a')).stdout).toMatch(/\n\nSETTING.*\nretention\.ms/);
  const removals = ['-d', 'retention.ms', '-d', 'segment.bytes'];
  expect((await json('topics', 'alter', 'a', ...removals)).topic).toBe('a');
  expect((await cli('topics', 'describe', 'a')).stdout).toMatch(
    /settings have their defaults\.\n$/,
  );
});

test('a wrong setting is told, with where to look', async () => {
  await cli('topics', 'create', 'a');
  const wrong = await cli('topics', 'alter', 'a', '-c', 'retention=1');
  expect(wrong).toMatchObject({ exitCode: 1, stdout: '' });
  expect(wrong.stderr).toMatch(
    /there is no setting "retention".*\n {2}See .*logbrook configs list/,
  );
  const made = await cli('topics', 'create', 'b', '-c', 'retention.ms=soon');
  expect(made.stderr).toMatch(/retention\.ms is a whole number from -1 up, not "soon"/);
});

test('configs list and describe show every setting', async () => {
  const { stdout } = await cli('configs', 'list');
  const { configs: known } = await json('configs', 'list');
  expect(known.map(({ name }: { name: string }) => name)).toEqual(configNames);
  for (const name of configNames) expect(stdout).toContain(`\n${name} `);
  await cli('topics', 'create', 'a', '-c', 'retention.ms=60000');
  const described = await json('configs', 'describe', 'a');
  expect(described.topic).toBe('a');
  expect(described.configs.map(({ name }: TopicConfig) => name)).toEqual(configNames);
  const table = (await cli('config', 'describe', 'a')).stdout;
  expect(table).toMatch(/\nretention\.ms +60000 +604800000 +topic +Records older/);
  expect(table).toMatch(/\nretention\.bytes +-1 +-1 +default /);
});

test('add-partitions says what it does to keys', async () => {
  await cli('topics', 'create', 'a');
  const grown = await cli('topics', 'add-partitions', 'a', '--partitions', '4');
  expect(grown).toMatchObject({ exitCode: 0, stdout: 'Topic a has 4 partitions now.\n' });
  expect(grown.stderr).toMatch(/a key may go to another partition/);
  expect(await json('topics', 'add-partitions', 'a', '-p', '5')).toMatchObject({ partitions: 5 });
  const fewer = await cli('topics', 'add-partitions', 'a', '-p', '2');
  expect(fewer).toMatchObject({ exitCode: 1, stdout: '' });
  expect(fewer.stderr).toMatch(/has 5 partitions; it can get more, but not 2/);
});

test('trim, to an offset, to a time, to the end', async () => {
  await cli('topics', 'create', 'a', '-p', '2');
  for (const partition of [0, 1]) {
    const records = [1_000, 2_000, 3_000, 4_000].map((timestamp) => ({
      ...{ value: 'x', partition, timestamp },
    }));
    await server.client.append('a', records);
  }
  const trim = (...args: string[]) => cli('topics', 'trim', 'a', ...args);
  expect(await trim('--partition', '0', '--offset', '1')).toMatchObject({
    exitCode: 0,
    stdout: 'PARTITION  LOG START  HIGH WATERMARK\n        0          1               4\n',
  });
  const timed = await json('topics', 'trim', 'a', '-p', '0', '-p', '1', '-o', '@2500');
  const state = { logStartOffset: 2, highWatermark: 4 };
  const partitions = [0, 1].map((partition) => ({ partition, ...state }));
  expect(timed).toEqual({ topic: 'a', partitions });
  const missing = await trim('-p', '0', '-p', '2', '-o', 'latest');
  expect(missing).toMatchObject({ exitCode: 1, stdout: '' });
  expect(missing.stderr).toMatch(/partitions 0 to 1/);
  const beyond = await trim('-p', '0', '-o', '9');
  expect(beyond.stderr).toMatch(/starts at 2 and ends at 4/);
  expect((await trim('-p', '0', '-o', 'latest')).stdout).toMatch(/0 +4 +4/);
  const { partitions: ends } = await server.client.listOffsets('a');
  expect(ends.map(({ earliest }) => earliest)).toEqual([4, 2]);
});

test('a topic becomes compacted: what that means for keys is told, and how to give one', async () => {
  await cli('topics', 'create', 'a');
  const altered = await cli('topics', 'alter', 'a', '-c', 'cleanup.policy=compact,delete');
  expect(altered).toMatchObject({
    exitCode: 0,
    stderr: 'From now on every record needs a key. Compaction removes those without one.\n',
  });
  expect((await cli('topics', 'alter', 'a', '-c', 'retention.ms=1')).stderr).toBe('');
  const refused = await runCli(['produce', 'a'], { fetch: server.fetch, stdin: 'no key\n' });
  expect(refused.exitCode).toBe(1);
  expect(refused.stderr).toMatch(/record has no key.*\n {2}Give every record a key, with --key-/);
});
