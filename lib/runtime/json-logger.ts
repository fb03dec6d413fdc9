/**
 * One line of JSON per event, on stderr. A line is written before the call returns, so none is lost
 * however the process ends. Stdout stays free for what a command prints.
 */

import { pino } from 'pino';
import type { Logger } from '../store/world.js';

export type LogLevel = 'info' | 'warn' | 'error' | 'silent';

export type LineSink = { write(line: string): void };

type Details = Readonly<Record<string, unknown>>;

export function createJsonLogger(level: LogLevel, sink: LineSink = stderr()): Logger {
  const lines = pino(
    {
      level,
      base: null,
      messageKey: 'message',
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    sink,
  );
  return {
    info: (message, details) => lines.info(readable(details), message),
    warn: (message, details) => lines.warn(readable(details), message),
    error: (message, details) => lines.error(readable(details), message),
  };
}

function stderr(): LineSink {
  return pino.destination({ dest: 2, sync: true });
}

/** JSON shows an Error as {}; here it keeps its message, stack and causes, under whatever name. */
function readable(details: Details = {}): Details {
  return Object.fromEntries(
    Object.entries(details).map(([name, value]) => [
      name,
      value instanceof Error ? pino.stdSerializers.errWithCause(value) : value,
    ]),
  );
}
