/**
 * What a server answered, as a history tells it. An answer that is none leaves open what happened.
 */

import { LogbrookError } from '../../client/logbrook-error.js';
import { nameHeader, nameIn } from './record-values.js';
import type { Answer } from './recorded-process.js';

/** What is looked at; a broken server may leave out any of it. */
type Page = {
  readonly records?: unknown;
  readonly nextOffset?: unknown;
  readonly highWatermark?: unknown;
  readonly logStartOffset?: unknown;
};

type ReadRecord = {
  readonly offset?: unknown;
  readonly value?: unknown;
  readonly headers?: unknown;
} | null;

function nameOf(record: ReadRecord): string {
  const value = record?.value;
  if (value !== null || !Array.isArray(record?.headers)) return nameIn(value);
  const header = (record.headers as unknown[]).find(
    (one) => Array.isArray(one) && one[0] === nameHeader,
  );
  return nameIn(Array.isArray(header) ? header[1] : value);
}

export function appendAnswer(appended: object | undefined): Answer {
  const { baseOffset } = (appended ?? {}) as { readonly baseOffset?: unknown };
  return { type: 'ok', op: 'append', baseOffset: offsetIn(baseOffset, 'baseOffset') };
}

export function readAnswer(page: Page): Extract<Answer, { readonly op: 'read' }> {
  if (!Array.isArray(page.records)) throw noAnswer('records');
  const records = page.records as readonly ReadRecord[];
  return {
    type: 'ok',
    op: 'read',
    records: records.map((one) => [offsetIn(one?.offset, 'records.offset'), nameOf(one)]),
    nextOffset: offsetIn(page.nextOffset, 'nextOffset'),
    highWatermark: offsetIn(page.highWatermark, 'highWatermark'),
    logStartOffset: offsetIn(page.logStartOffset, 'logStartOffset'),
  };
}

function offsetIn(value: unknown, field: string): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return value as number;
  throw noAnswer(field);
}

function noAnswer(field: string): LogbrookError {
  return new LogbrookError(`The server's answer has no valid ${field}.`, {
    code: 'INVALID_ANSWER',
    status: 200,
    retriable: false,
    sideEffects: 'unknown',
    details: { field },
  });
}
