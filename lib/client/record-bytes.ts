/**
 * Between a record as JSON and its bytes, without loss in either direction: what a format cannot carry
 * is refused on the way in, and comes as base64, marked so, on the way out.
 */

import type { RecordFormat } from '../contract/fields.js';
import type { RecordInput, RecordOutput } from '../contract/records.js';
import type { LogRecord, RecordHeader } from '../log/record.js';
import { utf8Bytes } from '../log/utf8-bytes.js';
import { refused } from './logbrook-error.js';

/** A record for a producer. Without a partition its key decides. */
export type ProducerRecord = LogRecord & { readonly partition?: number | undefined };

export function producerRecord(
  input: RecordInput,
  requestFormat: RecordFormat,
  nowMs: number,
): ProducerRecord {
  const format = input.format ?? requestFormat;
  const { headers = [] } = input;
  const pairs = Array.isArray(headers) ? headers : Object.entries(headers);
  return {
    key: bytesOf(input.key ?? null, format, 'key'),
    value: bytesOf(input.value, format, 'value'),
    headers: pairs.map(([name, value]): RecordHeader => {
      if (!name.isWellFormed()) throw invalid('headers', 'a name holds a lone surrogate');
      return [name, bytesOf(value, format, `headers.${name.slice(0, 60)}`)];
    }),
    timestampMs: input.timestamp ?? nowMs,
    partition: input.partition,
  };
}

/** The bytes of a key or value as the server gave them; `format` is the one that was asked for. */
export function outputBytes(
  record: Pick<RecordOutput, 'format'>,
  value: unknown,
  format: RecordFormat,
): Uint8Array | null {
  return bytesOf(value, record.format ?? format, 'value');
}

function bytesOf(value: unknown, format: RecordFormat, field: string): Uint8Array | null {
  if (value === null) return null;
  if (format === 'json') return utf8Bytes(jsonText(value, field));
  if (typeof value !== 'string') {
    throw invalid(field, `must be a string or null in format ${format}`);
  }
  if (format === 'base64') return fromBase64(value, field);
  if (value.isWellFormed()) return utf8Bytes(value);
  throw invalid(field, 'holds a lone surrogate, which UTF-8 cannot carry; use base64');
}

function jsonText(value: unknown, field: string): string {
  try {
    return JSON.stringify(value);
  } catch {
    throw invalid(field, 'is nested too deeply');
  }
}

const base64Shape = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Strict: `atob` alone forgives white space and missing padding. */
export function fromBase64(text: string, field: string): Uint8Array {
  if (!base64Shape.test(text)) throw invalid(field, 'is not base64 (RFC 4648, with padding)');
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

function invalid(field: string, message: string) {
  return refused('INVALID_RECORD', `Invalid record: ${field} ${message}.`, { field });
}
