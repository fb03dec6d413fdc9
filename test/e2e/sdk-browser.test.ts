/**
 * The SDK in a real browser: its portable build, bundled as a page would have it, produces and consumes as a
 * member of a group. The page is of the server's own origin, which is the only one that may call it.
 */

import { build } from 'esbuild';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { announceSkip } from '../support/announce-skip.js';
import { chromiumMissing, startChromium } from '../support/chromium.js';
import { type ServerProcess, startServerProcess } from '../support/logbrook-process.js';

const missing = announceSkip('the SDK in a browser', chromiumMissing());

/** What the page does; it leaves its findings where the test looks for them. */
const program = `
  import { connect, LogbrookError } from './dist/sdk-portable.js';

  const logbrook = connect({ url: location.origin });
  await logbrook.admin.createTopic('clicks', 2);
  const producer = logbrook.producer({ compression: 'gzip' });
  for (let i = 0; i < 20; i++) await producer.send({ topic: 'clicks', key: 'k' + i, value: 'v' + i });
  await producer.close();
  const consumer = logbrook.consumer({ topics: ['clicks'], group: { id: 'page' } });
  const values = [];
  for await (const { value } of consumer) if (values.push(value) === 20) break;
  await consumer.close();
  const { partitions } = await logbrook.admin.groups.describe('page');
  const missing = await logbrook.admin.describeTopic('nope').catch((error) => error);
  globalThis.found = {
    values,
    committed: partitions.reduce((sum, { offset }) => sum + offset, 0),
    code: missing instanceof LogbrookError && missing.code,
  };
`;

async function bundled(): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: program, resolveDir: process.cwd(), loader: 'js' },
    bundle: true,
    format: 'esm',
    // Anything of Node would be an error here.
    platform: 'browser',
    target: 'es2022',
    write: false,
  });
  return outputFiles[0]?.text ?? '';
}

test('the portable build needs nothing of Node', async () => {
  expect(await bundled()).not.toMatch(/["']node:/);
});

describe.skipIf(missing)('in a browser', () => {
  let server: ServerProcess;
  let browser: Browser;

  beforeAll(async () => {
    server = await startServerProcess(['--port', '0', '--store', 'memory']);
    browser = await startChromium();
  });
  afterAll(async () => {
    await browser?.close();
    await server?.stop();
  });

  test('it produces, consumes in a group, and tells errors', async () => {
    const page = await browser.newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    const script = await bundled();
    await page.route('**/page.html', (route) =>
      route.fulfill({
        contentType: 'text/html',
        body: '<script type="module" src="/page.js"></script>',
      }),
    );
    await page.route('**/page.js', (route) =>
      route.fulfill({ contentType: 'text/javascript', body: script }),
    );
    await page.goto(`${server.url}/page.html`);
    await page
      .waitForFunction('globalThis.found !== undefined', undefined, { timeout: 30_000 })
      .catch((error) => {
        throw new Error(errors.join('\n') || String(error), { cause: error });
      });
    const found = (await page.evaluate('globalThis.found')) as Record<string, unknown>;
    expect((found.values as string[]).sort()).toEqual(
      Array.from({ length: 20 }, (_, i) => `v${i}`).sort(),
    );
    // The last one is not finished: nobody asked for the next.
    expect(found).toMatchObject({ committed: 19, code: 'UNKNOWN_TOPIC_OR_PARTITION' });
    expect(errors).toEqual([]);
  });
});
