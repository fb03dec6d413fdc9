/** The bundle that is deployed: how large it is, what is in it, and that it starts with nothing beside it. */

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BundledApi, bundleApi, contributors, packageOf } from '../support/bundled-api.js';

const bundleBytesMax = 1_500_000;

let bundle: BundledApi;
let folder: string;

beforeAll(async () => {
  bundle = await bundleApi();
  folder = mkdtempSync(join(tmpdir(), 'logbrook-bundle-'));
  writeFileSync(join(folder, 'index.mjs'), bundle.code);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('it is under 1.5 MB', () => {
  const largest = contributors(bundle).slice(0, 6);
  const sizes = largest.map(([name, bytes]) => `${name} ${Math.round(bytes / 1000)} kB`).join(', ');
  process.stdout.write(`bundle: ${Math.round(bundle.code.length / 1000)} kB; ${sizes}\n`);
  expect(bundle.code.length).toBeLessThan(bundleBytesMax);
});

test('no native module and no development dependency is in it', () => {
  const { devDependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
  const inputs = Object.keys(bundle.metafile.inputs);
  const inside = new Set(inputs.map(packageOf));
  expect(Object.keys(devDependencies).filter((name) => inside.has(name))).toEqual([]);
  expect(inside.has('lmdb')).toBe(false);
  expect([...inside].filter((name) => name?.startsWith('@node-rs/'))).toEqual([]);
  expect(inputs.filter((path) => path.endsWith('.node'))).toEqual([]);
  expect(inputs.filter((path) => path.startsWith('lib/infra') || path.startsWith('test/'))).toEqual(
    [],
  );
});

test('it needs nothing but Node', () => {
  const outside = Object.values(bundle.metafile.outputs).flatMap(({ imports }) =>
    imports.map(({ path }) => path),
  );
  const builtin =
    /^(node:)?(assert|async_hooks|buffer|child_process|crypto|diagnostics_channel|events|fs|fs\/promises|http|https|module|os|path|process|stream|url|util|worker_threads|zlib)$/;
  expect(outside.filter((path) => !builtin.test(path))).toEqual([]);
});

/** Started where no package can be found, as on Lambda. */
test('it starts alone, checks sums without the native package, and answers', () => {
  const script = `
    import { Writable } from 'node:stream';
    globalThis.awslambda = {
      streamifyResponse: (handler) => handler,
      HttpResponseStream: { from: (stream, prelude) => (stream.write(JSON.stringify(prelude)), stream) },
    };
    const { handler } = await import('./index.mjs');
    let text = '';
    const stream = new Writable({ write: (chunk, _, done) => ((text += chunk), done()) });
    const http = { method: 'GET', path: '/healthz' };
    const requestContext = { domainName: 'example.lambda-url.eu-central-1.on.aws', http };
    await handler({ rawPath: '/healthz', rawQueryString: '', headers: {}, requestContext }, stream, {});
    process.stdout.write(text);`;
  writeFileSync(join(folder, 'start.mjs'), script);
  const { stdout, stderr } = spawnSync(process.execPath, ['start.mjs'], {
    cwd: folder,
    encoding: 'utf8',
    env: {
      LOGBROOK_TABLE: 'table',
      LOGBROOK_BUCKET: 'bucket',
      LOGBROOK_KMS_KEY: 'key',
      LOGBROOK_ROOT_SECRET_ARN: 'secret',
      AWS_REGION: 'eu-central-1',
    },
  });
  expect(`${stdout}${stderr.includes('Error') ? stderr : ''}`).toMatch(/"statusCode":200.*"ok"/);
});
