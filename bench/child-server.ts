/**
 * Servers under measurement run in processes of their own, so that the load and what it loads do not
 * share an event loop.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export type ChildServer = { readonly url: string; stop(): Promise<void> };

/** `script` is a TypeScript file that prints its port. */
export async function startFloor(script: string, ...args: string[]): Promise<ChildServer> {
  const child = spawnNode(['--import', 'tsx', script, ...args]);
  const port = await firstLine(child);
  return { url: `http://127.0.0.1:${port}`, stop: () => stop(child) };
}

export async function startLogbrook(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<ChildServer> {
  const child = spawnNode(['dist/logbrook.js', 'serve', '--port', '0', ...args], environment);
  const line = await firstLine(child);
  const url = /http:\/\/\S+/.exec(line)?.[0];
  if (!url) throw new Error(`the server said ${JSON.stringify(line)} instead of its URL`);
  return { url, stop: () => stop(child) };
}

function spawnNode(
  args: string[],
  environment: Readonly<Record<string, string>> = {},
): ChildProcess {
  return spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, LOGBROOK_LOG_LEVEL: 'warn', ...environment },
  });
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error('no output to read');
  const lines = createInterface({ input: child.stdout });
  const [line] = await once(lines, 'line');
  return line as string;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}
