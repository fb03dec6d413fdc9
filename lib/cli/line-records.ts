/**
 * A line of input to a record. The value is the line's own bytes, whatever they are; nothing is decoded
 * unless the format asks for it.
 */

import { isUtf8 } from 'node:buffer';
import { LogbrookError } from '../client/logbrook-error.js';
import { fromBase64, type ProducerRecord, producerRecord } from '../client/record-bytes.js';
import { inexactInteger, jsonValueProblem } from '../contract/json-values.js';
import type { HeaderPair } from './arguments.js';
import { CommandError } from './failure.js';

export const lineFormats = ['text', 'json', 'base64', 'ndjson'] as const;
export type LineFormat = (typeof lineFormats)[number];

export type LineOptions = {
  readonly format: LineFormat;
  /** At most one of these three gives the key. */
  readonly key?: string | undefined;
  readonly keySeparator?: string | undefined;
  readonly keyField?: number | undefined;
  readonly header?: readonly HeaderPair[] | undefined;
  readonly partition?: number | undefined;
};

/** Undefined for a line that holds no record: a blank one between JSON documents. */
export type LineReader = (
  line: Buffer,
  lineNumber: number,
  nowMs: number,
) => ProducerRecord | undefined;

export async function createLineReader(options: LineOptions): Promise<LineReader> {
  const read = options.format === 'ndjson' ? await recordLines(options) : valueLines(options);
  return (line, lineNumber, nowMs) => {
    try {
      return read(line, nowMs);
    } catch (cause) {
      if (!(cause instanceof LogbrookError || cause instanceof LineProblem)) throw cause;
      throw new CommandError(`Line ${lineNumber}: ${cause.message}`, { cause });
    }
  };
}

class LineProblem extends Error {
  override readonly name = 'LineProblem';
}

type Read = (line: Buffer, nowMs: number) => ProducerRecord | undefined;

function valueLines(options: LineOptions): Read {
  const { format, partition } = options;
  const headers = headersOf(options);
  const split = keySplitter(options);
  return (line, timestampMs) => {
    if (format === 'json' && isBlank(line)) return undefined;
    const { key, rest } = split(line);
    return { key, value: valueBytes(rest, format), headers, timestampMs, partition };
  };
}

function headersOf({ header = [] }: LineOptions) {
  return header.map(([name, value]) => [name, Buffer.from(value)] as const);
}

function valueBytes(bytes: Buffer, format: LineFormat): Uint8Array {
  if (format === 'base64') return fromBase64(bytes.toString('latin1'), 'value');
  if (format === 'json') parseJson(bytes);
  return bytes;
}

type Split = (line: Buffer) => { readonly key: Buffer | null; readonly rest: Buffer };

function keySplitter({ key, keySeparator, keyField }: LineOptions): Split {
  if (keySeparator !== undefined) return separated(keySeparator);
  if (keyField !== undefined) return (rest) => ({ key: fieldOf(rest, keyField), rest });
  const fixed = key === undefined ? null : Buffer.from(key);
  return (rest) => ({ key: fixed, rest });
}

function separated(separator: string): Split {
  const bytes = Buffer.from(separator);
  return (line) => {
    const at = line.indexOf(bytes);
    if (at !== -1) return { key: line.subarray(0, at), rest: line.subarray(at + bytes.length) };
    throw new LineProblem(`there is no ${JSON.stringify(separator)} between key and value.`);
  };
}

/** As awk counts: fields lie between white space, the first one is 1. Null if there are fewer. */
export function fieldOf(line: Buffer, field: number): Buffer | null {
  let end = 0;
  for (let count = 1; ; count++) {
    let start = end;
    while (start < line.length && isSpace(line[start])) start++;
    if (start === line.length) return null;
    end = start;
    while (end < line.length && !isSpace(line[end])) end++;
    if (count === field) return line.subarray(start, end);
  }
}

/** Space, and tab to carriage return. */
function isSpace(byte: number | undefined): boolean {
  return byte === 32 || (byte !== undefined && byte >= 9 && byte <= 13);
}

function isBlank(line: Buffer): boolean {
  return line.every(isSpace);
}

/** Each line is a record of the API, or one as `consume --json` prints it. */
async function recordLines(options: LineOptions): Promise<Read> {
  const { recordInput } = await import('../contract/records.js');
  const headers = headersOf(options);
  return (line, nowMs) => {
    if (isBlank(line)) return undefined;
    const value = parseJson(line);
    const fields = typeof value === 'object' && value !== null ? { ...value } : value;
    if (typeof fields === 'object') {
      // Where a consumed record was before says nothing about where it goes now.
      delete (fields as { topic?: unknown }).topic;
      delete (fields as { offset?: unknown }).offset;
    }
    const parsed = recordInput.safeParse(fields);
    const issue = parsed.error?.issues[0];
    if (issue) throw new LineProblem(`${issue.path.join('.') || 'the record'}: ${issue.message}.`);
    if (parsed.data?.format === 'json') refuseInexact(line.toString(), value);
    const record = producerRecord(parsed.data as NonNullable<typeof parsed.data>, 'text', nowMs);
    return {
      ...record,
      headers: [...record.headers, ...headers],
      partition: record.partition ?? options.partition,
    };
  };
}

/** A value that is written as JSON again must not change on the way: large integers would be rounded. */
function refuseInexact(text: string, value: unknown): void {
  const rounded = inexactInteger(text);
  if (rounded !== undefined) {
    throw new LineProblem(`number ${rounded.slice(0, 40)} would be rounded; send it as text.`);
  }
  const problem = jsonValueProblem(value);
  if (problem !== undefined) throw new LineProblem(`the record ${problem}.`);
}

function parseJson(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw new LineProblem('is not valid UTF-8, so not JSON.');
  try {
    return JSON.parse(bytes.toString());
  } catch (error) {
    throw new LineProblem(`is not JSON: ${(error as Error).message}.`);
  }
}
