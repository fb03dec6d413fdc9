#!/usr/bin/env node
/**
 * The program. What a command does not need is not loaded: the server comes only with `serve`.
 */

import { fstatSync, readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import type { CliIo, StopSignal } from '../lib/cli/cli-io.js';
import { run } from '../lib/cli/main.js';
import { nodeFetch } from '../lib/runtime/node-fetch.js';

/**
 * Commands hold little at a time, and let go of it soon: the heap needs not grow to many times of what is
 * alive before it is looked through. That is a third of the memory for the same speed; the server sets its own.
 */
setFlagsFromString('--heap-growing-percent=20');

const stopSignals: readonly StopSignal[] = ['SIGINT', 'SIGTERM'];

const io: CliIo = {
  stdin: process.stdin,
  stdout: process.stdout,
  stdoutIsFile: isFile(1),
  stderr: process.stderr,
  env: process.env,
  fetch: nodeFetch,
  version: versionOf(new URL('../package.json', import.meta.url)),
  loadCodecs: async () => (await import('../lib/runtime/node-codecs.js')).nodeCodecs,
  onStop(listener) {
    const handlers = stopSignals.map((signal) => {
      const handler = () => {
        forget();
        listener(signal);
      };
      process.on(signal, handler);
      return [signal, handler] as const;
    });
    // From then on the signal does what it does by default: a second Ctrl-C ends the process.
    const forget = () => {
      for (const [signal, handler] of handlers) process.off(signal, handler);
    };
    return forget;
  },
};

function isFile(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isFile();
  } catch {
    // The shell has closed it.
    return false;
  }
}

function versionOf(packageJson: URL): string {
  return (JSON.parse(readFileSync(packageJson, 'utf8')) as { version: string }).version;
}

process.exitCode = await run(process.argv.slice(2), io, async (options, environment) => {
  const { serve } = await import('./serve.js');
  return serve(options, environment);
});
