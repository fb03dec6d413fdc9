/**
 * The documentation page in a real browser: it shows the API, and asks nobody but our own server.
 */

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { announceSkip } from '../support/announce-skip.js';
import { chromiumMissing, startChromium } from '../support/chromium.js';
import { type ServerProcess, startServerProcess } from '../support/logbrook-process.js';

const missing = announceSkip('the documentation page in a browser', chromiumMissing());

describe.skipIf(missing)('the documentation page', () => {
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

  test('shows every operation, with nothing from elsewhere and no error', async () => {
    const page = await browser.newPage();
    const asked: string[] = [];
    const errors: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') errors.push(message.text());
    });
    await page.goto(`${server.url}/docs`);
    for (const summary of ['Create a topic', 'Append records, partitioned by key']) {
      await page.getByText(summary).first().waitFor({ timeout: 30_000 });
    }
    const elsewhere = asked.filter(
      (url) => !url.startsWith(server.url) && !url.startsWith('data:'),
    );
    expect(elsewhere).toEqual([]);
    expect(errors).toEqual([]);
    const shot = process.env.LOGBROOK_SCREENSHOT;
    if (shot) await page.screenshot({ path: shot });
  });
});
