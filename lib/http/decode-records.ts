/**
 * Records come in as JSON, as NDJSON or as lines of text. Strings become bytes without loss, or the
 * request is refused with the name of the field.
 */

import { BrokerError } from '../broker/broker-error.js';
import type { RecordFormat } from '../contract/fields.js';
import { inexactInteger, jsonValueProblem } from '../contract/json-values.js';
import { appendRequest, type RecordInput, recordInput } from '../contract/records.js';
import { batchRecordsMax, headerNameBytesMax } from '../log/limits.js';
import type { LogRecord, RecordHeader } from '../log/record.js';
import { utf8Bytes } from '../log/utf8-bytes.js';
import { fieldProblems, invalid, RequestError } from './problem.js';
import { bodyText, parseJson } from './read-body.js';

/** A record and the partition it asks for. */
export type ReceivedRecord = { readonly record: LogRecord; readonly partition: number | undefined };

const noHeaders: readonly RecordHeader[] = [];

export function decodeJson(
  body: Uint8Array,
  format: RecordFormat,
  nowMs: number,
): ReceivedRecord[] {
  const parsed = appendRequest.safeParse(parseExactJson(bodyText(body), 'The body'));
  if (!parsed.success) throw invalid('body', fieldProblems(parsed.error));
  return parsed.data.records.map((input, i) => toRecord(input, format, nowMs, `records.${i}`));
}

export function decodeNdjson(
  body: Uint8Array,
  format: RecordFormat,
  nowMs: number,
): ReceivedRecord[] {
  return lines(bodyText(body)).flatMap((line, i) => {
    if (line.trim() === '') return [];
    const where = `line ${i + 1}`;
    const parsed = recordInput.safeParse(parseExactJson(line, `Line ${i + 1}`));
    if (!parsed.success) throw invalid('body', fieldProblems(parsed.error, `${where}: `));
    return [toRecord(parsed.data, format, nowMs, where)];
  });
}

/** Every line is a value, as it stands; the key is one of its fields, if asked for. */
export function decodeText(
  body: Uint8Array,
  keyField: number | undefined,
  nowMs: number,
): ReceivedRecord[] {
  const all = lines(bodyText(body));
  // A line costs far more memory than its bytes: six million empty ones must not become records.
  if (all.length > batchRecordsMax) throw tooManyLines(all.length);
  return all.map((line) => {
    const field = keyField === undefined ? undefined : fieldOf(line, keyField);
    const key = field === undefined ? null : utf8Bytes(field);
    const record = { key, value: utf8Bytes(line), headers: noHeaders, timestampMs: nowMs };
    return { record, partition: undefined };
  });
}

/** Of ASCII alone, as the command line has it, which counts in bytes: one line has one key, whoever sends it. */
const whiteSpace = /[\t-\r ]+/;

/** Fields as awk counts them: what stands between white space. */
function fieldOf(line: string, keyField: number): string | undefined {
  const skipped = /^[\t-\r ]/.test(line) ? 1 : 0;
  const field = line.split(whiteSpace, keyField + skipped)[keyField + skipped - 1];
  return field === '' ? undefined : field;
}

function tooManyLines(lineCount: number): BrokerError {
  return new BrokerError(
    'RECORD_LIST_TOO_LARGE',
    `A request holds at most ${batchRecordsMax} lines, not ${lineCount}.`,
    { details: { limit: batchRecordsMax } },
  );
}

/** An integer that would be rounded is refused: nobody would notice until it is read. */
function parseExactJson(text: string, where: string): unknown {
  const value = parseJson(text, where);
  const rounded = inexactInteger(text);
  if (rounded === undefined) return value;
  const message = `${where} holds the integer ${rounded.slice(0, 40)}, which JSON numbers cannot hold`;
  throw new RequestError(400, `${message}; send it as a string.`);
}

/** A last line without a line end is a line; an empty rest after it is none. */
function lines(text: string): string[] {
  const all = text.split('\n');
  if (all.at(-1) === '') all.pop();
  return all;
}

function toRecord(
  input: RecordInput,
  requestFormat: RecordFormat,
  nowMs: number,
  where: string,
): ReceivedRecord {
  const format = input.format ?? requestFormat;
  const bytes = (value: unknown, field: string) => toBytes(value, format, `${where}.${field}`);
  const record = {
    key: bytes(input.key ?? null, 'key'),
    value: bytes(input.value, 'value'),
    headers: input.headers === undefined ? noHeaders : toHeaders(input.headers, bytes, where),
    timestampMs: input.timestamp ?? nowMs,
  };
  return { record, partition: input.partition };
}

function toHeaders(
  headers: NonNullable<RecordInput['headers']>,
  bytes: (value: unknown, field: string) => Uint8Array | null,
  where: string,
): RecordHeader[] {
  const pairs = Array.isArray(headers) ? headers : Object.entries(headers);
  return pairs.map(([name, value]) => {
    const nameBytes = wellFormed(name, `${where}.headers`).length;
    if (nameBytes > headerNameBytesMax) {
      const message = `a name has at most ${headerNameBytesMax} bytes, this one has ${nameBytes}`;
      throw invalid('body', [{ field: `${where}.headers`, message }]);
    }
    return [name, bytes(value, `headers.${name.slice(0, 60)}`)];
  });
}

function toBytes(value: unknown, format: RecordFormat, field: string): Uint8Array | null {
  if (value === null) return null;
  if (format === 'json') return utf8Bytes(jsonText(value, field));
  if (typeof value !== 'string') {
    const message = `must be a string in format ${format}; send JSON values with ?format=json`;
    throw invalid('body', [{ field, message }]);
  }
  return format === 'text' ? wellFormed(value, field) : fromBase64(value, field);
}

function jsonText(value: unknown, field: string): string {
  const message = jsonValueProblem(value);
  if (message !== undefined) throw invalid('body', [{ field, message }]);
  return JSON.stringify(value);
}

/** A lone surrogate would silently become U+FFFD. */
function wellFormed(text: string, field: string): Uint8Array {
  if (text.isWellFormed()) return utf8Bytes(text);
  const message = 'holds a lone surrogate, which UTF-8 cannot carry; send such bytes as base64';
  throw invalid('body', [{ field, message }]);
}

const base64Shape = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

function fromBase64(text: string, field: string): Uint8Array {
  if (!base64Shape.test(text)) {
    throw invalid('body', [{ field, message: 'is not base64 (RFC 4648, padded)' }]);
  }
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** The media type without its parameters. */
export function mediaType(contentType: string | undefined): string {
  return (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

export function unsupportedMediaType(found: string, supported: readonly string[]): RequestError {
  const said = found === '' ? 'There is no content-type' : `Content-type ${found} is not supported`;
  return new RequestError(415, `${said}; send one of ${supported.join(', ')}.`);
}
