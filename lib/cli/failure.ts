/**
 * What a failed command tells: what happened, and what to do next. Never a stack, unless LOGBROOK_DEBUG
 * asks for it.
 */

import { isUntrusted, LogbrookError } from '../client/logbrook-error.js';
import type { CliIo, StopSignal } from './cli-io.js';

export const exitCodes = { ok: 0, failure: 1, usage: 2, SIGINT: 130, SIGTERM: 143 } as const;

/** The command line itself is wrong. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** A failure whose message is written for the user already. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

/** Asked to stop: everything is said and flushed. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
  readonly signal: StopSignal;

  constructor(signal: StopSignal) {
    super(`Stopped by ${signal}.`);
    this.signal = signal;
  }
}

/** Says what is to be said on stderr, and answers the exit code. */
export function reportFailure(error: unknown, io: CliIo): number {
  if (error instanceof Stopped) return exitCodes[error.signal];
  io.stderr.write(`logbrook: ${messageOf(error)}\n`);
  const hint = hintFor(error);
  if (hint) io.stderr.write(`  ${hint}\n`);
  if (io.env.LOGBROOK_DEBUG) io.stderr.write(`${stacksOf(error)}\n`);
  return error instanceof UsageError ? exitCodes.usage : exitCodes.failure;
}

const known = [LogbrookError, CommandError, UsageError];

function messageOf(error: unknown): string {
  if (known.some((type) => error instanceof type)) return (error as Error).message;
  if (!(error instanceof Error)) return `failed unexpectedly: ${String(error)}`;
  const { code, path } = error as NodeJS.ErrnoException;
  const system = code === undefined ? undefined : systemMessages[code];
  if (system) return path === undefined ? system : `${path}: ${system}`;
  return error.message;
}

const systemMessages: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'no permission',
  EISDIR: 'this is a directory, not a file',
  ENOSPC: 'no space is left on the device',
};

function hintFor(error: unknown): string | undefined {
  if (error instanceof CommandError) return hintFor(error.cause);
  if (error instanceof LogbrookError) return clientHint(error);
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'EADDRINUSE') {
    return 'Is a server running there already? Choose another port with --port.';
  }
  return undefined;
}

function clientHint({ code, details, sideEffects }: LogbrookError): string | undefined {
  switch (code) {
    case 'NETWORK_EXCEPTION':
      if (isUntrusted(String(details.reason))) {
        return 'If it is yours, have it trusted: NODE_EXTRA_CA_CERTS=<file with it or its CA, as PEM>.';
      }
      return 'Another server? Say where with --url or LOGBROOK_URL.';
    case 'UNKNOWN_TOPIC_OR_PARTITION':
      return details.partition === undefined
        ? 'See the topics with: logbrook topics list. Make one with: logbrook topics create NAME'
        : undefined;
    case 'SASL_AUTHENTICATION_FAILED':
      return 'Say who you are with LOGBROOK_KEY=<key id>.<secret>, or --access-key.';
    case 'TOPIC_ALREADY_EXISTS':
      return 'To accept that, add --if-not-exists.';
    case 'OFFSET_OUT_OF_RANGE':
      return 'See what is there with: logbrook offsets TOPIC. A consumer begins with it by --from-beginning.';
    case 'GROUP_ID_NOT_FOUND':
      return 'See the groups with: logbrook groups list. Make one with: logbrook consume TOPIC -g GROUP';
    case 'NON_EMPTY_GROUP':
      return 'See its members with: logbrook groups describe GROUP. Stop them; groups seek takes --force too.';
    case 'GROUP_SUBSCRIBED_TO_TOPIC':
      return 'Stop the members first; see them with: logbrook groups describe GROUP';
    case 'INVALID_CONFIG':
      // A producer has settings of its own.
      return details.setting === undefined
        ? undefined
        : 'See all settings and what they take with: logbrook configs list';
    case 'INVALID_RECORD':
      return details.setting === 'cleanup.policy'
        ? 'Give every record a key, with --key-separator, --key-field, --key or --format ndjson.'
        : undefined;
    case 'MESSAGE_TOO_LARGE':
    case 'RECORD_LIST_TOO_LARGE':
      return undefined;
    default:
      return sideEffects === 'unknown' ? 'It is not known whether this took effect.' : undefined;
  }
}

function stacksOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { stack = String(error), cause } = error;
  return cause === undefined ? stack : `${stack}\ncaused by ${stacksOf(cause)}`;
}
