/**
 * Records on the wire, as JSON. What comes in is strict, so that a misspelt field is an error and not a
 * lost value.
 */

import * as z from 'zod';
import { offset, recordFormat, timestampMs } from './fields.js';

const anyValue = z.unknown().meta({
  description: 'A string or null; in format `json` any JSON value. null is a tombstone.',
});

/** `[name, value]` pairs keep order and duplicates; an object is shorthand without duplicates. */
export type HeadersInput =
  | readonly (readonly [string, unknown])[]
  | Readonly<Record<string, unknown>>;

/** Not a z.record: that loses a header named `__proto__` without a word. */
const headersInput = z
  .unknown()
  .refine(isHeaders, 'must be pairs [name, value], or an object')
  .meta({
    description: 'Pairs [name, value], or an object.',
    anyOf: [
      {
        type: 'array',
        items: { type: 'array', prefixItems: [{ type: 'string' }, {}], minItems: 2, maxItems: 2 },
      },
      { type: 'object' },
    ],
  }) as unknown as z.ZodType<HeadersInput>;

function isHeaders(value: unknown): boolean {
  if (!Array.isArray(value)) return typeof value === 'object' && value !== null;
  return value.every(
    (pair) => Array.isArray(pair) && pair.length === 2 && typeof pair[0] === 'string',
  );
}

export const recordInput = z
  .strictObject({
    key: z.unknown().optional().meta({ description: 'Absent or null: no key.' }),
    value: anyValue,
    headers: headersInput.optional(),
    timestamp: timestampMs.optional(),
    partition: z
      .int()
      .min(0)
      .max(2 ** 31 - 1)
      .optional()
      .meta({
        description:
          'Default: by the key (murmur2); without a key one partition for the whole request.',
      }),
    format: recordFormat.optional().meta({ description: 'Of this record, if not the request’s.' }),
  })
  .meta({ id: 'RecordInput' });
export type RecordInput = z.infer<typeof recordInput>;

export const appendRequest = z
  .strictObject({
    // Not min(): it looks at the length of anything that has one, and falls over what it may be.
    records: z
      .array(recordInput)
      .refine((records) => records.length > 0, 'must hold at least one record')
      .meta({ minItems: 1 }),
  })
  .meta({ id: 'AppendRequest' });

const appended = z.object({
  partition: z.int(),
  baseOffset: offset.meta({ description: 'Offset of the first record.' }),
  nextOffset: offset.meta({ description: 'One past the last record.' }),
  recordCount: z.int(),
  duplicate: z.boolean().meta({ description: 'A retry: these are the offsets of the first time.' }),
  highWatermark: offset.meta({ description: 'Where the log ended after the commit.' }),
});
export type Appended = z.infer<typeof appended>;

export const partitionAppendResponse = appended
  .extend({ topic: z.string() })
  .meta({ id: 'PartitionAppendResponse' });

const failedPartition = z.object({
  partition: z.int(),
  recordCount: z.int(),
  error: z.looseObject({ code: z.string(), sideEffects: z.enum(['none', 'unknown']) }),
});

export const appendResponse = z
  .object({ topic: z.string(), partitions: z.array(z.union([appended, failedPartition])) })
  .meta({ id: 'AppendResponse' });
export type AppendResponse = z.infer<typeof appendResponse>;

export const acceptedResponse = z
  .object({ topic: z.string(), accepted: z.int().meta({ description: 'Records accepted.' }) })
  .meta({ id: 'AcceptedResponse' });

export const recordOutput = z
  .object({
    topic: z.string(),
    partition: z.int(),
    offset,
    timestamp: z.int(),
    key: anyValue,
    value: anyValue,
    headers: z.array(z.tuple([z.string(), z.unknown()])),
    format: z.literal('base64').optional().meta({
      description: 'This record does not fit the format asked for, and is given as base64 instead.',
    }),
  })
  .meta({ id: 'Record' });
export type RecordOutput = z.infer<typeof recordOutput>;

export const fetchResponse = z
  .object({
    topic: z.string(),
    partition: z.int(),
    records: z.array(recordOutput),
    nextOffset: offset.meta({ description: 'Where the next fetch goes on.' }),
    logStartOffset: offset,
    highWatermark: offset,
  })
  .meta({ id: 'FetchResponse' });
export type FetchResponse = z.infer<typeof fetchResponse>;
