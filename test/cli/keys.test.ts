/** lib/cli/commands/keys-create.js, keys-list.js and keys-revoke.js, against the app behind its check. */

import { afterEach, beforeEach, expect, test } from 'vitest';
import { rootKeyId } from '../../lib/access/access-key.js';
import { type GuardedServer, startGuardedServer } from '../client/guarded-server.js';
import { rootSecret } from '../support/test-keys.js';
import { runCli } from './cli-harness.js';

let server: GuardedServer;
beforeEach(() => {
  server = startGuardedServer();
});
afterEach(() => server.api.stop());

const rootBearer = `${rootKeyId}.${rootSecret}`;
const cliAs = (key: string | undefined, ...args: string[]) =>
  runCli(args, {
    fetch: server.fetch,
    env: key === undefined ? {} : { LOGBROOK_KEY: key },
    stdoutIsTerminal: true,
  });
const cli = (...args: string[]) => cliAs(rootBearer, ...args);

test('a key is shown once, alone on stdout, and does what it was made for', async () => {
  await cli('topics', 'create', 'orders-eu');
  await cli('topics', 'create', 'secret');
  const made = await cli(
    ...['keys', 'create', 'billing', '--operations', 'consume,group', '--operations', 'produce'],
    ...['--topics', 'orders-', '--groups', 'billing-'],
  );
  expect(made.exitCode).toBe(0);
  const bearer = made.stdout.trim();
  expect(bearer).toMatch(/^LB[A-Z2-7]{18}\.[A-Za-z0-9]{40}$/);
  const [keyId = '', secret = ''] = bearer.split('.');
  expect(made.stderr).toBe(`Made key ${keyId}. This is shown only once:\n`);
  const listed = await cliAs(bearer, 'topics', 'list', '--json');
  expect(listed.stdout).toContain('orders-eu');
  expect(listed.stdout).not.toContain('secret');
  const refused = await cliAs(bearer, 'topics', 'create', 'orders-us');
  expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringMatching(/lacks admin/)]);
  const shown = await cli('keys', 'list');
  expect(shown.stdout).toMatch(
    new RegExp(`${keyId} +billing +consume group produce +orders- +billing- +20\\S+Z +valid`),
  );
  expect(shown.stdout).not.toContain(secret);
});

test('limits and an end, and all of it as JSON', async () => {
  const made = await cli(
    ...['keys', 'create', 'short', '-o', 'read-only', '--expires-in', '12h', '--json'],
    ...['--requests-per-second', '5', '--bytes-per-second', '1000'],
  );
  const facts = JSON.parse(made.stdout);
  expect(facts).toMatchObject({
    scopes: [{ operations: ['read-only'], topics: [''], groups: [''] }],
    limits: { requestsPerSecond: 5, bytesPerSecond: 1000 },
  });
  expect(Math.abs(facts.expiresAt - Date.now() - 12 * 3_600_000)).toBeLessThan(60_000);
  const { keys } = JSON.parse((await cli('keys', 'ls', '--json')).stdout);
  const { secret, bearer: _, ...rest } = facts;
  expect(keys).toEqual([{ ...rest, revokedAt: null }]);
  expect(secret).toHaveLength(40);
  expect((await cli('keys', 'list')).stdout).toMatch(/short +read-only +\* +\* +\S+ +until 20/);
});

test('a revoked key opens nothing 10 s later, and stays in the list', async () => {
  const bearer = (await cli('keys', 'create', 'gone', '-o', 'consume')).stdout.trim();
  const [keyId = ''] = bearer.split('.');
  expect((await cliAs(bearer, 'topics', 'list')).exitCode).toBe(0);
  const revoked = await cli('keys', 'revoke', keyId);
  expect(revoked.stdout).toBe(`Revoked key ${keyId} (gone): opens nothing in 10 s.\n`);
  server.api.pass(10_000);
  const late = await cliAs(bearer, 'topics', 'list');
  expect([late.exitCode, late.stderr]).toEqual([
    1,
    expect.stringMatching(/not valid.*LOGBROOK_KEY/s),
  ]);
  expect((await cli('keys', 'list')).stdout).toMatch(/gone .* revoked 20/);
});

test('all keys are listed, however many pages they are', async () => {
  const { keys } = server.clientOf(rootBearer);
  const scopes = [{ operations: ['consume' as const], topics: [''], groups: [] }];
  for (let i = 0; i < 101; i++) await keys.create({ name: `k${i}`, scopes });
  expect(JSON.parse((await cli('keys', 'list', '--json')).stdout).keys).toHaveLength(101);
});

test('without keys it says how to make one', async () => {
  const { exitCode, stdout, stderr } = await cli('keys', 'list');
  expect([exitCode, stdout]).toEqual([0, '']);
  expect(stderr).toMatch(/no access keys.*logbrook keys create/);
});

test.each<[string, string[], RegExp]>([
  ['no operations', ['create', 'x'], /--operations/],
  ['an operation that is none', ['create', 'x', '-o', 'fly'], /fly.*produce, consume/s],
  ['no name', ['create', '-o', 'consume'], /name/],
  [
    'a limit of nothing',
    ['create', 'x', '-o', 'consume', '--requests-per-second', '0'],
    /requests/,
  ],
  ['no key to revoke', ['revoke'], /key-id/],
])('%s is a mistake of the command line', async (_name, args, said) => {
  const { exitCode, stderr } = await cli('keys', ...args);
  expect([exitCode, stderr]).toEqual([2, expect.stringMatching(said)]);
});

test('a key that is not there, and a caller that may not', async () => {
  const missing = await cli('keys', 'revoke', 'LBAAAAAAAAAAAAAAAAAA');
  expect([missing.exitCode, missing.stderr]).toEqual([1, expect.stringMatching(/no key/)]);
  const bearer = (await cli('keys', 'create', 'small', '-o', 'consume')).stdout.trim();
  for (const args of [['list'], ['create', 'x', '-o', 'consume'], ['revoke', 'LBROOT']]) {
    const refused = await cliAs(bearer, 'keys', ...args);
    expect([refused.exitCode, refused.stderr]).toEqual([1, expect.stringMatching(/lacks admin/)]);
  }
  expect((await cliAs(undefined, 'keys', 'list')).stderr).toMatch(/access key.*LOGBROOK_KEY/s);
});
