/** Record batches, any and damaged: what goes in comes out, and what is damaged says so. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readBatchHeader, sealBatch } from '../../lib/log/batch-header.js';
import type { PlacedRecord } from '../../lib/log/record.js';
import {
  decodeRecords,
  eachBatch,
  encodeRecordBatch,
  findRecords,
  validateBatch,
} from '../../lib/log/record-batch.js';
import { anyRecords, damaged, decodes, propertyRuns } from './samples.js';
import { testCodecs } from './test-codecs.js';

const compression = fc.constantFrom('none' as const, 'gzip' as const);
const producer = fc.record({
  producerId: fc.maxSafeNat(),
  producerEpoch: fc.nat({ max: 32_767 }),
  baseSequence: fc.nat({ max: 2 ** 31 - 1 }),
});
const anyBatch = fc.tuple(anyRecords, compression).map(([records, codec]) => {
  return encodeRecordBatch({ records, compression: codec }, testCodecs);
});

function copyOf({ offset, timestampMs, key, value, headers }: PlacedRecord): PlacedRecord {
  return { offset, timestampMs, key, value, headers };
}

test('every batch is valid and gives its records back', () => {
  const property = fc.property(anyRecords, compression, producer, (records, codec, by) => {
    const bytes = encodeRecordBatch({ records, compression: codec, producer: by }, testCodecs);
    const header = readBatchHeader(bytes);
    validateBatch(bytes, header, testCodecs);
    expect(header).toMatchObject({ ...by, recordCount: records.length, compression: codec });
    expect(header.maxTimestampMs).toBe(Math.max(...records.map((r) => r.timestampMs)));
    expect(header.sizeBytes).toBe(bytes.length);
    const placed = records.map((record, offset) => ({ ...record, offset }));
    expect(decodeRecords(bytes, testCodecs)).toEqual(placed);
    expect(findRecords(bytes, header, testCodecs).map(copyOf)).toEqual(placed);
  });
  fc.assert(property, propertyRuns);
});

test('a row of batches is walked one by one', () => {
  const property = fc.property(fc.array(anyBatch, { maxLength: 5 }), (batches) => {
    const all = new Uint8Array(batches.flatMap((bytes) => [...bytes]));
    expect([...eachBatch(all)].map(({ bytes }) => bytes)).toEqual(batches);
  });
  fc.assert(property, { ...propertyRuns, numRuns: 50 });
});

test('damaged bytes are read or refused, and what passes validation decodes', () => {
  const runs = { ...propertyRuns, numRuns: 1000 };
  const property = fc.property(damaged(anyBatch), fc.boolean(), (bytes, reseal) => {
    // With the CRC made right again the damage reaches the code behind it.
    if (reseal && bytes.length >= 61) sealBatch(bytes, testCodecs);
    decodes(() => decodeRecords(bytes, testCodecs));
    decodes(() => [...eachBatch(bytes)]);
    const valid = decodes(() => validateBatch(bytes, readBatchHeader(bytes), testCodecs));
    if (valid) {
      const { recordCount, baseOffset } = readBatchHeader(bytes);
      const offsets = decodeRecords(bytes, testCodecs).map(({ offset }) => offset - baseOffset);
      expect(offsets).toEqual(Array.from({ length: recordCount }, (_, i) => i));
    }
  });
  fc.assert(property, runs);
});
