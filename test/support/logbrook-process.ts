/**
 * The built program as a user runs it: a server process that can be killed, and commands against it.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const program = 'dist/logbrook.js';

export type ServerProcess = {
  readonly url: string;
  readonly child: ChildProcess;
  /** As a power cut would: no handler runs. */
  kill9(): Promise<void>;
  stop(): Promise<void>;
};

export async function startServerProcess(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<ServerProcess> {
  const child = spawn(process.execPath, [program, 'serve', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, LOGBROOK_LOG_LEVEL: 'warn', ...environment },
  });
  let stderr = '';
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const exited = once(child, 'exit');
  const line = once(createInterface({ input: child.stdout }), 'line').then(([text]) =>
    String(text),
  );
  const first = await Promise.race([line, exited.then(() => '')]);
  const url = /http:\/\/\S+/.exec(first)?.[0];
  if (!url) throw new Error(`the server did not start: ${first}${stderr}`);
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await exited;
  };
  return { url, child, kill9: () => end('SIGKILL'), stop: () => end('SIGTERM') };
}

export type CommandResult = {
  readonly exitCode: number;
  readonly stdout: Buffer;
  readonly stderr: string;
};

/** Runs one command to its end; `input` goes to its stdin. */
export function runCommand(
  url: string,
  args: readonly string[],
  input?: Uint8Array,
): Promise<CommandResult> {
  return startCommand(url, args, input).result;
}

export type RunningCommand = {
  readonly result: Promise<CommandResult>;
  /** As Ctrl-C does. */
  interrupt(): void;
};

export function startCommand(
  url: string,
  args: readonly string[],
  input?: Uint8Array,
): RunningCommand {
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, LOGBROOK_URL: url },
  });
  const stdout: Buffer[] = [];
  let stderr = '';
  child.stdout.on('data', (chunk) => stdout.push(chunk));
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const result = once(child, 'close').then(([exitCode]) => ({
    exitCode: Number(exitCode),
    stdout: Buffer.concat(stdout),
    stderr,
  }));
  return { result, interrupt: () => void child.kill('SIGINT') };
}
