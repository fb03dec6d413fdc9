/**
 * kcat's -f: a line of output as the user draws it. Nothing is added, no line end either; bytes stay as
 * they are.
 *
 *   %t topic  %p partition  %o offset  %T timestamp (ms)  %k key  %s value  %h headers (a=1,b=2)
 *   %K %S bytes of key and value, -1 for none  %% a percent sign  \n \r \t \\ \xHH
 */

import { InvalidArgumentError } from 'commander';
import { outputBytes } from '../client/record-bytes.js';
import type { RecordFormat } from '../contract/fields.js';
import type { RecordOutput } from '../contract/records.js';

type Piece = (record: RecordOutput, format: RecordFormat) => Uint8Array | string;

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '\\': '\\' };

const fields: Readonly<Record<string, Piece>> = {
  '%': () => '%',
  t: ({ topic }) => topic,
  p: ({ partition }) => String(partition),
  o: ({ offset }) => String(offset),
  T: ({ timestamp }) => String(timestamp),
  k: (record, format) => outputBytes(record, record.key, format) ?? '',
  s: (record, format) => outputBytes(record, record.value, format) ?? '',
  K: (record, format) => String(outputBytes(record, record.key, format)?.length ?? -1),
  S: (record, format) => String(outputBytes(record, record.value, format)?.length ?? -1),
  h: (record, format) =>
    Buffer.concat(
      record.headers.flatMap(([name, value], i) => [
        Buffer.from(`${i === 0 ? '' : ','}${name}=`),
        outputBytes(record, value, format) ?? Buffer.from('NULL'),
      ]),
    ),
};

export type RecordTemplate = readonly Piece[];

const token = /%(.?)|\\x([0-9a-fA-F]{2})|\\(.?)|[^%\\]+/gs;

export function parseRecordTemplate(text: string): RecordTemplate {
  return [...text.matchAll(token)].map(([whole, field, hex, escaped]): Piece => {
    if (hex !== undefined) {
      const byte = Buffer.from(hex, 'hex');
      return () => byte;
    }
    if (field !== undefined) {
      const piece = fields[field];
      if (piece) return piece;
      const known = Object.keys(fields).map((name) => `%${name}`);
      throw new InvalidArgumentError(`There is no ${whole}; there are ${known.join(' ')}.`);
    }
    if (escaped === undefined) return () => whole;
    const character = escapes[escaped];
    if (character !== undefined) return () => character;
    throw new InvalidArgumentError(`There is no ${whole}; there are \\n \\r \\t \\\\ \\xHH.`);
  });
}

export function renderTemplate(
  template: RecordTemplate,
  records: readonly RecordOutput[],
  format: RecordFormat,
): Uint8Array {
  const pieces = records.flatMap((record) => template.map((piece) => piece(record, format)));
  return Buffer.concat(pieces.map((piece) => Buffer.from(piece as Uint8Array)));
}
