/** Batches that grow record by record: in whatever memory, the same bytes. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BatchBuilder } from '../../lib/log/batch-builder.js';
import { readBatchHeader } from '../../lib/log/batch-header.js';
import type { LogRecord } from '../../lib/log/record.js';
import { decodeRecords, encodeRecordBatch, validateBatch } from '../../lib/log/record-batch.js';
import { propertyRuns } from './samples.js';
import { testCodecs } from './test-codecs.js';

const anyBytes = fc.option(fc.uint8Array({ maxLength: 20 }), { nil: null });
const anyRecord: fc.Arbitrary<LogRecord> = fc.record({
  key: anyBytes,
  value: anyBytes,
  headers: fc.array(fc.tuple(fc.string({ maxLength: 3 }), anyBytes), { maxLength: 2 }),
  timestampMs: fc.nat({ max: 2 ** 31 }),
});

/** Refused where it is written, after some of it was. */
const unwritable: LogRecord = {
  key: new Uint8Array([1, 2, 3]),
  value: { length: Number.NaN } as Uint8Array,
  headers: [],
  timestampMs: 1,
};

test('memory with old bytes, too little of it, and refused records leave no trace', () => {
  const property = fc.property(
    fc.array(fc.tuple(anyRecord, fc.boolean()), { minLength: 1, maxLength: 6 }),
    fc.nat({ max: 300 }),
    fc.constantFrom('none' as const, 'gzip' as const),
    (row, memoryBytes, compression) => {
      const records = row.map(([record]) => record);
      const builder = new BatchBuilder(new Uint8Array(memoryBytes).fill(0xff));
      for (const [record, refused] of row) {
        if (refused) expect(() => builder.add(unwritable)).toThrow();
        builder.add(record);
      }
      const bytes = builder.finish({ compression }, testCodecs);
      expect(bytes).toEqual(encodeRecordBatch({ records, compression }, testCodecs));
      validateBatch(bytes, readBatchHeader(bytes), testCodecs);
      expect(decodeRecords(bytes, testCodecs)).toHaveLength(records.length);
    },
  );
  fc.assert(property, propertyRuns);
});

test('an uncompressed batch lies in the memory it was given, which can be had back', () => {
  const memory = new Uint8Array(1_000);
  const builder = new BatchBuilder(memory);
  builder.add({ key: null, value: new Uint8Array(10), headers: [], timestampMs: 1 });
  expect(builder.finish({}, testCodecs).buffer).toBe(memory.buffer);
  expect(builder.memory()).toBe(memory);
});

test('a batch without records is none', () => {
  expect(() => new BatchBuilder().finish({}, testCodecs)).toThrow(/at least one record/);
});
