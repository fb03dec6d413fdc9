/**
 * Where this machine keeps a Chromium that tests may drive, and how it is started without a desktop or a
 * network.
 */

import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const places = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const executablePath = process.env.CHROMIUM_PATH ?? places.find((place) => existsSync(place));

export function chromiumMissing(): string | undefined {
  if (executablePath) return undefined;
  return `there is no Chromium at ${places.join(', ')}; CHROMIUM_PATH names another place`;
}

export function startChromium(): Promise<Browser> {
  if (!executablePath) throw new Error(chromiumMissing());
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
