/**
 * Fields that several requests share. Integers in paths and queries are plain decimals: no signs, no
 * exponents, no hexadecimal, nothing above 2^53.
 */

import * as z from 'zod';
import {
  batchBytesMax,
  fencingTokenLengthMax,
  fetchBytesMax,
  fetchWaitMsMax,
} from '../log/limits.js';

export function decimal(max = Number.MAX_SAFE_INTEGER, min = 0): z.ZodType<number, string> {
  return z
    .string()
    .regex(/^\d{1,16}$/, 'must be a plain decimal integer')
    .transform(Number)
    .pipe(z.int().min(min).max(max))
    .meta({ type: 'integer', minimum: min, maximum: max }) as unknown as z.ZodType<number, string>;
}

export const offset = z.int().min(0);
export const timestampMs = z.int().min(0).meta({ description: 'Milliseconds since 1970, UTC.' });

export const topicPath = z.object({ topic: z.string().meta({ example: 'access' }) });
export const partitionPath = topicPath.extend({ partition: decimal(2 ** 31 - 1) });

export const recordFormats = ['text', 'json', 'base64'] as const;
export const recordFormat = z.enum(recordFormats).meta({
  description:
    'How keys, values and header values stand in JSON: `text` as UTF-8 strings, `json` as JSON values, `base64` as bytes.',
});
export type RecordFormat = z.infer<typeof recordFormat>;

/**
 * Bounded texts and lists. Not by min() and max(): those look at the length of anything that has one, and
 * fall over what it may be.
 */
export const text = (lengthMin: number, lengthMax: number) =>
  z
    .string()
    .refine(
      ({ length }) => length >= lengthMin && length <= lengthMax,
      `must have ${lengthMin} to ${lengthMax} characters`,
    )
    .refine((value) => value.isWellFormed(), 'must not hold a lone surrogate')
    .meta({ minLength: lengthMin, maxLength: lengthMax });

export const list = <T extends z.ZodType>(item: T, countMin: number, countMax: number) =>
  z
    .array(item)
    .refine(
      ({ length }) => length >= countMin && length <= countMax,
      `must hold ${countMin} to ${countMax}`,
    )
    .meta({ minItems: countMin, maxItems: countMax });

export const fencingToken = text(1, fencingTokenLengthMax);

/** Date.parse alone takes nearly anything: `-1` is a year to it, and a time without a zone is local. */
const isoTime = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d))?$/;

export const instant = z
  .string()
  .transform((text, context) => {
    const isMs = /^\d{1,16}$/.test(text);
    const value = isMs ? Number(text) : isoTime.test(text) ? Date.parse(text) : Number.NaN;
    if (Number.isSafeInteger(value) && value >= 0) return value;
    context.issues.push({
      code: 'custom',
      message: 'must be milliseconds since 1970 or an ISO 8601 time with its zone',
      input: text,
    });
    return z.NEVER;
  })
  .meta({
    description: 'Milliseconds since 1970, or an ISO 8601 time with its zone.',
    type: 'string',
  });

export const appendQuery = z.strictObject({
  format: recordFormat.default('text'),
  acks: z
    .string()
    .default('all')
    .meta({
      description:
        '`all` (default): answered when durable, with offsets. `0`: answered when accepted, without offsets; a later failure is not reported.',
      enum: ['all', '-1', '0'],
    }),
  keyField: decimal(1_000, 1).optional().meta({
    description: 'For text/plain: the key is this field of the line, counted from 1.',
  }),
});

export const partitionAppendQuery = appendQuery.extend({
  expectedOffset: decimal().optional().meta({
    description: 'Append only if the log ends exactly here.',
  }),
  fencingToken: fencingToken.optional().meta({
    description: 'Append only if the partition carries this fencing token.',
  }),
  producerId: decimal().optional().meta({
    description: 'With `producerEpoch` and `baseSequence`: makes a retry recognisable.',
  }),
  producerEpoch: decimal(32_767).optional(),
  baseSequence: decimal(2 ** 31 - 1).optional(),
});

export const fetchQuery = z.strictObject({
  offset: decimal().optional().meta({ description: 'Where to begin; default: the log start.' }),
  timestamp: instant.optional().meta({ description: 'Begin at the first record of that time.' }),
  last: decimal().optional().meta({ description: 'Begin this many records before the end.' }),
  maxBytes: decimal(fetchBytesMax)
    .optional()
    .meta({
      description: `About this many bytes, but at least one batch (up to ${batchBytesMax}).`,
    }),
  maxRecords: decimal().optional(),
  waitMs: decimal(fetchWaitMsMax).optional().meta({
    description: 'How long to wait for the first record when there is none yet.',
  }),
  format: recordFormat.default('text'),
});

export const offsetsQuery = z.strictObject({ timestamp: instant.optional() });

export const listQuery = z.strictObject({
  limit: decimal(1_000, 1).optional(),
  after: z.string().optional().meta({ description: '`after` of the page before.' }),
});
