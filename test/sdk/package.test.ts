/** The package as it is published: what `import 'logbrook'` loads, in Node and elsewhere, and its types. */

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
let user: string;

/** Somebody's project that has the package installed. */
beforeAll(() => {
  user = mkdtempSync(path.join(tmpdir(), 'logbrook-user-'));
  mkdirSync(path.join(user, 'node_modules'));
  symlinkSync(root, path.join(user, 'node_modules/logbrook'));
  writeFileSync(path.join(user, 'package.json'), '{"type":"module"}');
});
afterAll(() => rmSync(user, { recursive: true, force: true }));

/** Packages that a built file imports, through all the chunks it loads at once. */
function packagesOf(file: string, seen = new Set<string>()): Set<string> {
  const packages = new Set<string>();
  if (seen.has(file)) return packages;
  seen.add(file);
  const text = readFileSync(path.join(root, 'dist', file), 'utf8');
  for (const [, name = ''] of text.matchAll(/(?:from|import)\s*"([^"]+)"/g)) {
    if (name.startsWith('.')) for (const one of packagesOf(name.slice(2), seen)) packages.add(one);
    else packages.add(name);
  }
  return packages;
}

test('the SDK loads nothing of the server, and no AWS SDK', () => {
  expect([...packagesOf('sdk.js')].sort()).toEqual([
    'crc-32/crc32c.js',
    'node:diagnostics_channel',
    'node:http',
    'node:https',
    'node:module',
    'node:stream',
    'node:zlib',
  ]);
});

test('outside Node it loads no Node module', () => {
  expect([...packagesOf('sdk-portable.js')].sort()).toEqual(['crc-32/crc32c.js', 'fflate']);
});

test('its import resolves and works', () => {
  const script = `
    import { connect, LogbrookError } from 'logbrook';
    const { admin } = connect({ url: 'http://127.0.0.1:1' });
    admin.listTopics(undefined, { retry: { triesMax: 1, giveUpAfterMs: 0, pauseMs: 0, pauseMsMax: 0 } })
      .catch((error) => console.log(error instanceof LogbrookError, error.code));
  `;
  writeFileSync(path.join(user, 'use.js'), script);
  const printed = execFileSync(process.execPath, ['use.js'], { cwd: user, encoding: 'utf8' });
  expect(printed).toBe('true NETWORK_EXCEPTION\n');
});

test('its types resolve, and say what is wrong', () => {
  const script = `
    import { connect, type Logbrook } from 'logbrook';
    const logbrook: Logbrook = connect({ url: 'http://localhost:9642' });
    const producer = logbrook.producer();
    const ticket = await producer.send({ topic: 'a', key: 'k', value: 'v' });
    const offset: number | undefined = (await ticket.ack).offset;
    for await (const record of logbrook.consumer({ topics: ['a'] })) {
      const value: string | null = record.value;
      console.log(offset, value);
    }
    // @ts-expect-error a value must be a string, unless a serializer says otherwise
    await producer.send({ topic: 'a', value: 7 });
  `;
  writeFileSync(path.join(user, 'types.ts'), script);
  const options = ['--noEmit', '--strict', '--target', 'es2022', '--module', 'nodenext'];
  const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
  const run = () =>
    execFileSync(
      process.execPath,
      [tsc, ...options, '--lib', 'es2022,esnext.disposable,dom', 'types.ts'],
      {
        cwd: user,
        encoding: 'utf8',
      },
    );
  expect(run).not.toThrow();
}, 60_000);

test('what is packed is the build, its types and the README', () => {
  const printed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
    encoding: 'utf8',
  });
  const files = (JSON.parse(printed) as { files: { path: string }[] }[])[0]?.files ?? [];
  const paths = files.map((file) => file.path);
  for (const needed of [
    'dist/sdk.js',
    'dist/sdk-portable.js',
    'dist/types/bin/sdk.d.ts',
    'README.md',
  ]) {
    expect(paths).toContain(needed);
  }
  expect(paths.filter((file) => /^(lib|test|bench)\//.test(file))).toEqual([]);
});
