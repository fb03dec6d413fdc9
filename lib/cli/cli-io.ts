/**
 * What the command line asks of the process it runs in. Handed in, so that tests run commands without a
 * process of their own, and nothing here reads the environment or ends the process.
 */

import type { Readable, Writable } from 'node:stream';
import type { HttpClient } from '../client/http-client.js';
import type { Timing } from '../client/retry.js';
import type { Exchange } from '../client/transport.js';
import type { Codecs } from '../log/codecs.js';

export type CliOutput = Writable & { readonly isTTY?: boolean };
export type StopSignal = 'SIGINT' | 'SIGTERM';

export type CliIo = {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: CliOutput;
  /** Output goes to a file: nothing of it shows on the terminal. */
  readonly stdoutIsFile: boolean;
  readonly stderr: CliOutput;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  /** Checksums for what is produced: loaded only when a command needs them. */
  readonly loadCodecs: () => Promise<Codecs>;
  /** Calls `listener` once, when somebody asks to stop; returns how to stop listening. */
  onStop(listener: (signal: StopSignal) => void): () => void;
  /** Undefined: the global one. */
  readonly fetch?: Exchange;
  readonly timing?: Timing;
};

/** What each command works with. */
export type CliContext = {
  readonly io: CliIo;
  /** Throws `UsageError` for a URL that is none. */
  client(): HttpClient;
};

/** Runs `work` with a signal that fires when somebody asks to stop; answers who asked, if anybody. */
export async function stoppable(
  io: CliIo,
  work: (signal: AbortSignal) => Promise<void>,
  onStop: () => void = () => {},
): Promise<StopSignal | undefined> {
  const controller = new AbortController();
  let stoppedBy: StopSignal | undefined;
  const forget = io.onStop((signal) => {
    stoppedBy = signal;
    onStop();
    controller.abort();
  });
  try {
    await work(controller.signal);
    return stoppedBy;
  } finally {
    forget();
  }
}
