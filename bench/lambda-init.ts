/**
 * What a cold start costs before it does anything: initialising the bundled function, beside a handler
 * that does nothing. Each in processes of its own, in turns; medians. Run: `npx tsx bench/lambda-init.ts`.
 */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bundleApi, contributors } from '../test/support/bundled-api.js';
import { median } from './measure.js';

const rounds = 7;
const contributorsShown = 8;

const bareHandler = `export const handler = awslambda.streamifyResponse(async (event, stream) => {
  stream.end();
});`;

/** Stands where the runtime stands: what is there before the handler's module is loaded is not counted. */
const measuring = `
  globalThis.awslambda = { streamifyResponse: (handler) => handler };
  const startMs = performance.now();
  const { handler } = await import(process.argv[1]);
  const initMs = performance.now() - startMs;
  if (typeof handler !== 'function') throw new Error('no handler');
  process.stdout.write(JSON.stringify({ initMs, rssBytes: process.memoryUsage().rss }));`;

type Init = { readonly initMs: number; readonly rssBytes: number };

function initialise(file: string): Init {
  const args = ['--input-type=module', '--eval', measuring, pathToFileURL(file).href];
  const env = { LOGBROOK_TABLE: 'table', LOGBROOK_BUCKET: 'bucket', AWS_REGION: 'eu-central-1' };
  const stdio: ['ignore', 'pipe', 'ignore'] = ['ignore', 'pipe', 'ignore'];
  return JSON.parse(execFileSync(process.execPath, args, { env, encoding: 'utf8', stdio }));
}

function line(name: string, runs: readonly Init[]): string {
  const times = runs.map(({ initMs }) => initMs);
  const rssMb = median(runs.map(({ rssBytes }) => rssBytes)) / 1e6;
  const [low, high] = [Math.min(...times), Math.max(...times)].map((time) => time.toFixed(1));
  const middle = median(times).toFixed(1);
  return `  ${name.padEnd(16)} ${middle} ms (${low} to ${high}), ${rssMb.toFixed(1)} MB resident\n`;
}

export async function lambdaInit(): Promise<string> {
  const bundle = await bundleApi();
  const folder = mkdtempSync(join(tmpdir(), 'logbrook-init-'));
  const files = { ours: join(folder, 'index.mjs'), bare: join(folder, 'bare.mjs') };
  try {
    writeFileSync(files.ours, bundle.code);
    writeFileSync(files.bare, bareHandler);
    const [ours, bare]: [Init[], Init[]] = [[], []];
    for (let round = 0; round < rounds; round++) {
      bare.push(initialise(files.bare));
      ours.push(initialise(files.ours));
    }
    const largest = contributors(bundle).slice(0, contributorsShown);
    return [
      `Function initialisation, Node ${process.version}, medians of ${rounds}\n`,
      line('bare handler', bare),
      line('bundled handler', ours),
      `  bundle ${(bundle.code.length / 1e6).toFixed(2)} MB: `,
      `${largest.map(([name, bytes]) => `${name} ${Math.round(bytes / 1000)} kB`).join(', ')}\n`,
    ].join('');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  process.stdout.write(await lambdaInit());
}
