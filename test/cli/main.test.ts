/** lib/cli/main.js: usage, exit codes, where the server is, what failures tell; and serve. */

import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  connectionFailure,
  refusingFetch,
  sleepingTiming,
  startTestServer,
  type TestServer,
} from '../client/in-process-server.js';
import type { Fetch } from '../support/fetch.js';
import { runCli, startCli } from './cli-harness.js';

let server: TestServer;
beforeEach(() => {
  server = startTestServer();
});
afterEach(() => server.close());

test.each([
  [['--help'], 0],
  [['--version'], 0],
  [['topics', 'create', '--help'], 0],
  [['help', 'consume'], 0],
  [[], 2],
  [['topics'], 2],
  [['nonsense'], 2],
  [['topics', 'create'], 2],
  [['topics', 'create', 'a', 'b'], 2],
  [['topics', 'create', 'a', '--partitions', '0'], 2],
  [['topics', 'create', 'a', '--partitions', '1.5'], 2],
  [['topics', 'create', 'a', '--config', 'retention.ms'], 2],
  [['topics', 'alter', 'a'], 2],
  [['topics', 'alter', 'a', '-c', '=1'], 2],
  [['topics', 'alter', 'a', '-d', ''], 2],
  [['topics', 'alter', 'a', '-c', 'retention.ms=1', '-d', 'retention.ms'], 2],
  [['topics', 'add-partitions', 'a'], 2],
  [['topics', 'add-partitions', 'a', '-p', '0'], 2],
  [['topics', 'trim', 'a', '-o', '1'], 2],
  [['topics', 'trim', 'a', '-p', '0'], 2],
  [['topics', 'trim', 'a', '-p', '0', '-o', 'soon'], 2],
  [['configs'], 2],
  [['configs', 'list'], 0],
  [['configs', 'describe', 'nope'], 1],
  [['topics', 'alter', 'nope', '-c', 'retention.ms=1'], 1],
  [['topics', 'add-partitions', 'nope', '-p', '2'], 1],
  [['topics', 'trim', 'nope', '-p', '0', '-o', '0'], 1],
  [['produce', 'a', '--key-field', '0'], 2],
  [['produce', 'a', '--key', 'x', '--key-field', '1'], 2],
  [['produce', 'a', '-k', ':', '--key', 'x'], 2],
  [['produce', 'a', '-k', ''], 2],
  [['produce', 'a', '-H', 'novalue'], 2],
  [['produce', 'a', '--acks', '2'], 2],
  [['produce', 'a', '--batch-bytes', '99999999'], 2],
  [['produce', 'a', '--format', 'ndjson', '--key', 'x'], 2],
  [['consume', 'a', '-o', 'yesterday'], 2],
  [['consume', 'a', '-o', '1.5'], 2],
  [['consume', 'a', '-o', '1', '--from-beginning'], 2],
  [['consume', 'a', '-n', '0'], 2],
  [['consume', 'a', '--format', 'xml'], 2],
  [['offsets', 'a', '-t', 'soon'], 2],
  [['consume', 'a', '-o', '@-soon'], 2],
  [['consume', 'a', '-f', '%q'], 2],
  [['consume', 'a', '-f', '%s', '--json'], 2],
  [['consume', 'a', '-g', 'g', '-p', '0'], 2],
  [['produce', 'a', '-z', 'lz4'], 2],
  [['groups'], 2],
  [['groups', 'list'], 0],
  [['groups', 'describe', 'nope'], 1],
  [['groups', 'delete', 'nope'], 1],
  [['groups', 'seek', 'nope'], 2],
  [['groups', 'seek', 'nope', '--to-earliest', '--to-latest'], 2],
  [['groups', 'seek', 'nope', '--shift-by', 'x'], 2],
  [['groups', 'seek', 'nope', '--to-earliest'], 1],
  [['topics', 'list', '--url', 'nonsense'], 2],
  [['topics', 'list'], 0],
  [['topics', 'describe', 'nope'], 1],
  [['topics', 'create', 'a/b'], 1],
  [['topics', 'delete', '..'], 1],
  [['produce', 'nope'], 1],
  [['consume', 'nope'], 1],
  [['offsets', 'nope'], 1],
])('%j exits with %d', async (args, exitCode) => {
  const result = await runCli(args, server);
  expect(result).toMatchObject({ exitCode });
  if (exitCode !== 0) expect(result.stdout).toBe('');
  expect(result.stderr).not.toMatch(/\n\s+at /);
});

test.each([
  [{}, [], 'http://127.0.0.1:9642'],
  [{ LOGBROOK_URL: '' }, [], 'http://127.0.0.1:9642'],
  [{ LOGBROOK_URL: 'https://a.test/x' }, [], 'https://a.test/x'],
  [{ LOGBROOK_URL: 'https://a.test' }, ['--url', 'http://b.test:1'], 'http://b.test:1'],
])('the server is found by %j %j', async (env, args, url) => {
  const urls: string[] = [];
  const fetch: Fetch = async (asked) => {
    urls.push(asked);
    return Response.json({ topics: [] });
  };
  await runCli([...args, 'topics', 'list'], { fetch, env: { ...env } });
  await runCli(['topics', 'list', ...args], { fetch, env: { ...env } });
  expect(urls).toEqual([`${url}/v1/topics`, `${url}/v1/topics`]);
});

test('no server: what happened, where, and what to do', async () => {
  const timing = sleepingTiming();
  const startMs = timing.nowMs();
  const result = await runCli(['topics', 'list'], { fetch: refusingFetch, timing });
  expect(result).toMatchObject({ exitCode: 1, stdout: '' });
  expect(result.stderr).toBe(
    'logbrook: No server answers at http://127.0.0.1:9642 (connection refused). ' +
      'Start one with "logbrook serve".\n  Another server? Say where with --url or LOGBROOK_URL.\n',
  );
  expect(timing.nowMs() - startMs).toBeLessThan(500);
});

test('a certificate that Node does not trust: how to have it trusted', async () => {
  const fetch: Fetch = () => Promise.reject(connectionFailure('DEPTH_ZERO_SELF_SIGNED_CERT'));
  const result = await runCli(['topics', 'list'], { fetch });
  expect(result.stderr).toMatch(/have it trusted: NODE_EXTRA_CA_CERTS=/);
});

test('no key: how to say who you are', async () => {
  const fetch: Fetch = async () => {
    const code = 'SASL_AUTHENTICATION_FAILED';
    const problem = { code, status: 401, detail: 'No key.', retriable: false, sideEffects: 'none' };
    const headers = { 'content-type': 'application/problem+json' };
    return new Response(JSON.stringify(problem), { status: 401, headers });
  };
  const result = await runCli(['topics', 'list'], { fetch });
  expect(result.stderr).toContain('with LOGBROOK_KEY=<key id>.<secret>, or --access-key.');
  const known = await runCli(['--access-key', 'id.secret', 'topics', 'list'], { fetch });
  expect(known.exitCode).toBe(1);
});

test('LOGBROOK_DEBUG shows stacks', async () => {
  const result = await runCli(['topics', 'describe', 'nope'], {
    ...server,
    env: { LOGBROOK_DEBUG: '1' },
  });
  expect(result.stderr).toMatch(/LogbrookError: .*\n\s+at /);
});

test('a failure that nobody expected is told in one line too', async () => {
  const fetch: Fetch = async () => Response.json(null);
  const result = await runCli(['topics', 'list'], { fetch });
  expect(result.exitCode).toBe(1);
  expect(result.stderr.trim().split('\n')).toHaveLength(1);
});

test('serve runs until it is stopped', async () => {
  const asked: unknown[] = [];
  const serve = async (options: unknown) => {
    asked.push(options);
    return { url: 'http://127.0.0.1:1', stop: async () => void asked.push('stop') };
  };
  const cli = startCli(['serve', '--port', '1', '--data-dir', 'd'], { ...server, serve });
  await cli.until((stdout) => stdout.includes('http://127.0.0.1:1'));
  cli.stop('SIGTERM');
  expect(await cli.exitCode).toBe(0);
  const defaults = { host: '127.0.0.1', store: 'local', takeOver: false, requireKeys: false };
  expect(asked).toEqual([{ port: 1, dataDir: 'd', ...defaults }, 'stop']);
});

test('a port that is taken is a plain message', async () => {
  const serve = async () => {
    throw Object.assign(new Error('listen EADDRINUSE: 127.0.0.1:9642'), { code: 'EADDRINUSE' });
  };
  const result = await runCli(['serve'], { ...server, serve });
  expect(result.exitCode).toBe(1);
  expect(result.stderr).toContain('--port');
});
