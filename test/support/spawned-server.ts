/**
 * What the tests' real servers share: a cache folder that is filled once, and a child process on a
 * free port that counts as started when it answers. A server dies with the process that started it,
 * however that one ends, and what it wrote to its scratch folder goes with it.
 */

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const cacheFolder = fileURLToPath(
  new URL('../../node_modules/.cache/logbrook-test/', import.meta.url),
);

const pollIntervalMs = 25;
const probeTimeoutMs = 2_000;
const stopTimeoutMs = 15_000;
const shownLogChars = 4_000;

/** Holds the server's process id and scratch folder; its stdin closes when our process is gone. */
const watchdogScript = `
  read -r _
  kill "$0" 2>/dev/null
  while kill -0 "$0" 2>/dev/null; do sleep 0.1; done
  rm -rf "$1"
`;

export interface SpawnedServer {
  readonly endpoint: string;
  stop(): Promise<void>;
}

export interface LaunchPlace {
  readonly port: number;
  /** An empty folder of this server alone, removed with it. */
  readonly scratchFolder: string;
}

export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

export interface ServerDescription {
  readonly name: string;
  readonly startTimeoutMs: number;
  launch(place: LaunchPlace): Launch | Promise<Launch>;
  /** Whether the endpoint's answer means that it is ready; without it, any HTTP answer does. */
  isReady?(endpoint: string, signal: AbortSignal): Promise<boolean>;
}

/** Runs a command to its end; a failure carries what it wrote. */
export async function runToEnd(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<void> {
  await promisify(execFile)(command, args, {
    env: { ...process.env, ...env },
    maxBuffer: 64 * 1024 * 1024,
  });
}

/**
 * The cache folder of that name, filled by `install` when it is not there yet. It appears whole or
 * not at all, and of two processes that fill it at once the first to finish wins.
 */
export async function installedFolder(
  name: string,
  install: (folder: string) => Promise<void>,
): Promise<string> {
  const folder = join(cacheFolder, name);
  if (existsSync(folder)) return folder;
  await mkdir(cacheFolder, { recursive: true });
  const unfinished = await mkdtemp(`${folder}.unfinished-`);
  try {
    await install(unfinished);
    await rename(unfinished, folder);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
  return folder;
}

export async function startServer(description: ServerDescription): Promise<SpawnedServer> {
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const scratchFolder = await mkdtemp(join(tmpdir(), 'logbrook-test-'));
  const logPath = join(scratchFolder, 'output.log');
  let server: ChildProcess;
  try {
    server = spawnLogged(await description.launch({ port, scratchFolder }), logPath);
  } catch (error) {
    await rm(scratchFolder, { recursive: true, force: true });
    throw error;
  }
  const removed = watch(server, scratchFolder);
  try {
    await untilReady(server, endpoint, description);
  } catch (cause) {
    const output = await readFile(logPath, 'utf8').catch(() => '');
    await stopped(server, removed);
    const reason = cause instanceof Error ? cause.message : cause;
    const shown = output.slice(-shownLogChars);
    throw new Error(`${description.name} did not start: ${reason}\n${shown}`, { cause });
  }
  server.unref();
  return { endpoint, stop: () => stopped(server, removed) };
}

/** A file takes the output, not a pipe: a busy test process must not hold its servers back. */
function spawnLogged(launch: Launch, logPath: string): ChildProcess {
  const log = openSync(logPath, 'a');
  try {
    return spawn(launch.command, launch.args, {
      env: { ...process.env, ...launch.env },
      stdio: ['ignore', log, log],
    });
  } finally {
    closeSync(log);
  }
}

/**
 * Exit hooks do not run in a process that is killed, and test runners kill; a closing pipe always
 * tells. In its own process group, so that a Ctrl-C does not end the watchdog before its work.
 */
function watch(server: ChildProcess, scratchFolder: string): Promise<unknown> {
  const args = ['-c', watchdogScript, String(server.pid ?? 'none'), scratchFolder];
  const watchdog = spawn('sh', args, { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  watchdog.unref();
  const release = () => watchdog.stdin.end();
  server.once('exit', release);
  server.once('error', release);
  return once(watchdog, 'exit');
}

async function untilReady(
  server: ChildProcess,
  endpoint: string,
  { isReady = anyAnswer, startTimeoutMs }: ServerDescription,
): Promise<void> {
  const giveUp = new AbortController();
  const ended = new Promise<never>((_, reject) => {
    server.once('error', reject);
    server.once('exit', (code, signal) => reject(new Error(`it ended with ${signal ?? code}`)));
  });
  const answering = (async () => {
    const deadlineMs = performance.now() + startTimeoutMs;
    while (!giveUp.signal.aborted) {
      const signal = AbortSignal.any([giveUp.signal, AbortSignal.timeout(probeTimeoutMs)]);
      // A refused connection is the normal answer of a server that is still starting.
      if (await isReady(endpoint, signal).catch(() => false)) return;
      if (performance.now() > deadlineMs) throw new Error(`no answer in ${startTimeoutMs} ms`);
      await delay(pollIntervalMs);
    }
  })();
  try {
    await Promise.race([ended, answering]);
  } finally {
    giveUp.abort();
  }
}

async function anyAnswer(endpoint: string, signal: AbortSignal): Promise<boolean> {
  const response = await fetch(endpoint, { signal });
  await response.arrayBuffer();
  return true;
}

async function stopped(server: ChildProcess, removed: Promise<unknown>): Promise<void> {
  server.kill('SIGTERM');
  const force = setTimeout(() => server.kill('SIGKILL'), stopTimeoutMs);
  await removed;
  clearTimeout(force);
}

/** Another process may take the port before the server does; then the server's start fails aloud. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
