/**
 * Records go out as JSON without loss: what does not fit the format asked for goes out as base64, and
 * says so.
 */

import type { PlacedRecord } from '../log/record.js';
import type { RecordFormat } from './fields.js';
import { inexactInteger, jsonValueProblem } from './json-values.js';
import type { RecordOutput } from './records.js';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

type Render = (bytes: Uint8Array | null) => unknown;

export function renderRecord(
  topic: string,
  partition: number,
  record: PlacedRecord,
  format: RecordFormat,
): RecordOutput {
  const place = { topic, partition, offset: record.offset, timestamp: record.timestampMs };
  if (format === 'base64') return { ...place, ...fields(record, base64) };
  try {
    return { ...place, ...fields(record, format === 'json' ? json : text) };
  } catch {
    return { ...place, ...fields(record, base64), format: 'base64' };
  }
}

function fields(
  { key, value, headers }: PlacedRecord,
  render: Render,
): Pick<RecordOutput, 'key' | 'value' | 'headers'> {
  return {
    key: render(key),
    value: render(value),
    headers: headers.map(([name, content]) => [name, render(content)]),
  };
}

const text: Render = (bytes) => (bytes === null ? null : utf8.decode(bytes));
const json: Render = (bytes) => (bytes === null ? null : exactJson(utf8.decode(bytes)));
const base64: Render = (bytes) => (bytes === null ? null : toBase64(bytes));

/** Throws for what would read as something else: a null that is no tombstone, a rounded integer. */
function exactJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  const problem = value === null ? 'is null' : (jsonValueProblem(value) ?? inexactInteger(text));
  if (problem !== undefined) throw new RangeError(`JSON ${problem}`);
  return value;
}

function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (let i = 0; i < bytes.length; i += 8192) {
    binary += String.fromCharCode(...bytes.subarray(i, i + 8192));
  }
  return btoa(binary);
}
