/**
 * Records as lines of output. Without --json a line is the value's own bytes, so that what was produced
 * as lines comes back the same, whatever the bytes are.
 */

import { outputBytes } from '../client/record-bytes.js';
import type { RecordFormat } from '../contract/fields.js';
import type { RecordOutput } from '../contract/records.js';

export const recordFormats = ['text', 'json', 'base64'] as const satisfies readonly RecordFormat[];

export type RecordLines = (records: readonly RecordOutput[]) => string | Uint8Array;

export function recordLines(json: boolean, format: RecordFormat): RecordLines {
  if (json) return (records) => records.map((record) => `${JSON.stringify(record)}\n`).join('');
  return (records) => {
    // Decoding and encoding again is only for what is not text.
    const plain = format !== 'json' && records.every((record) => record.format === undefined);
    if (plain) return records.map((record) => `${textOf(record)}\n`).join('');
    return Buffer.concat(records.flatMap((record) => [bytesOf(record, format), newline]));
  };
}

const newline = Buffer.from('\n');

/** As Kafka's console consumer prints it. */
const tombstone = 'null';

function textOf({ value }: RecordOutput): string {
  return value === null ? tombstone : (value as string);
}

function bytesOf(record: RecordOutput, format: RecordFormat): Uint8Array {
  return outputBytes(record, record.value, format) ?? Buffer.from(tombstone);
}
