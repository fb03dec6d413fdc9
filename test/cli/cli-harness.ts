/**
 * Runs commands in this process, against the app on memory stores or any other `fetch`.
 */

import { Readable, Writable } from 'node:stream';
import type { CliIo, CliOutput, StopSignal } from '../../lib/cli/cli-io.js';
import type { ServeCommand } from '../../lib/cli/commands/serve.js';
import { run } from '../../lib/cli/main.js';
import type { Timing } from '../../lib/client/retry.js';
import { nodeCodecs } from '../../lib/runtime/node-codecs.js';
import { eagerTiming } from '../client/in-process-server.js';
import type { Fetch } from '../support/fetch.js';

export type CliSetting = {
  readonly fetch: Fetch;
  readonly stdin?: Uint8Array | string | Readable;
  readonly stdout?: Writable;
  /** Of stderr: notes and progress. */
  readonly terminal?: boolean;
  /** Else stdout is a pipe. */
  readonly stdoutIsTerminal?: boolean;
  readonly stdoutIsFile?: boolean;
  readonly env?: Record<string, string>;
  readonly timing?: Timing;
  readonly serve?: ServeCommand;
};

export type RunningCli = {
  readonly exitCode: Promise<number>;
  stdout(): Buffer;
  stderr(): string;
  stop(signal: StopSignal): void;
  /** Resolves when stdout and stderr satisfy the condition. */
  until(condition: (stdout: string, stderr: string) => boolean): Promise<void>;
};

class Capture extends Writable {
  readonly chunks: Buffer[] = [];
  readonly isTTY: boolean;
  private readonly onChunk: () => void;

  constructor(isTTY: boolean, onChunk: () => void) {
    super();
    this.isTTY = isTTY;
    this.onChunk = onChunk;
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.chunks.push(chunk);
    this.onChunk();
    done();
  }

  bytes(): Buffer {
    return Buffer.concat(this.chunks);
  }
}

export function startCli(args: readonly string[], setting: CliSetting): RunningCli {
  let waiting: { condition: () => boolean; resolve: () => void }[] = [];
  const look = () => {
    const met = waiting.filter(({ condition }) => condition());
    waiting = waiting.filter((one) => !met.includes(one));
    for (const { resolve } of met) resolve();
  };
  const stdout = new Capture(setting.stdoutIsTerminal ?? false, look);
  const stderr = new Capture(setting.terminal ?? false, look);
  const listeners = new Set<(signal: StopSignal) => void>();
  const io: CliIo = {
    stdin: stdinOf(setting.stdin),
    stdout: (setting.stdout ?? stdout) as CliOutput,
    stdoutIsFile: setting.stdoutIsFile ?? false,
    stderr,
    env: setting.env ?? {},
    version: '0.0.0-test',
    loadCodecs: async () => nodeCodecs,
    onStop(listener) {
      listeners.add(listener);
      look();
      return () => listeners.delete(listener);
    },
    fetch: setting.fetch,
    timing: setting.timing ?? eagerTiming,
  };
  return {
    exitCode: run(args, io, setting.serve),
    stdout: () => stdout.bytes(),
    stderr: () => stderr.bytes().toString(),
    stop: (signal) => {
      for (const listener of [...listeners]) listener(signal);
    },
    until: (met) =>
      new Promise((resolve) => {
        const condition = () =>
          listeners.size > 0 && met(stdout.bytes().toString(), stderr.bytes().toString());
        waiting.push({ condition, resolve });
        look();
      }),
  };
}

function stdinOf(stdin: CliSetting['stdin'] = ''): Readable {
  if (stdin instanceof Readable) return stdin;
  return Readable.from([Buffer.from(stdin)], { objectMode: false });
}

export type CliResult = {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stdoutBytes: Buffer;
  readonly stderr: string;
};

export async function runCli(args: readonly string[], setting: CliSetting): Promise<CliResult> {
  const cli = startCli(args, setting);
  const exitCode = await cli.exitCode;
  const stdoutBytes = cli.stdout();
  return { exitCode, stdout: stdoutBytes.toString(), stdoutBytes, stderr: cli.stderr() };
}
