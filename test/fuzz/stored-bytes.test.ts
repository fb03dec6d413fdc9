/**
 * Every binary format of the log, fed with bytes that nobody vouches for: it is read or refused by the
 * typed error, what is read can be written and read again, and nothing large is made of small input.
 */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  batchHeaderBytes,
  readBatchHeader,
  sealBatch,
  writeBatchHeader,
} from '../../lib/log/batch-header.js';
import { ByteReader } from '../../lib/log/byte-reader.js';
import { decodeIndexPage, encodeIndexPage } from '../../lib/log/index-page.js';
import { decodeTailEntry, encodeTailEntry } from '../../lib/log/location-format.js';
import { readRecord } from '../../lib/log/record.js';
import {
  decodeRecords,
  eachBatch,
  encodeRecordBatch,
  validateBatch,
} from '../../lib/log/record-batch.js';
import { decodeWalDirectory, encodeWalObject, type WalRange } from '../../lib/log/wal-object.js';
import { nodeCodecs } from '../../lib/runtime/node-codecs.js';
import { decodeSpans, encodeSpans } from '../../lib/store/aws/items/span-format.js';
import { anyIndexPage, anyRecords, anyTailEntry, decodes } from '../log/samples.js';
import { anySpans } from '../store/aws/samples.js';
import { fuzzRuns, fuzzTimeoutMs } from './fuzz-runs.js';
import { nearlyValid } from './mutated-bytes.js';

const anyRange: fc.Arbitrary<WalRange> = fc.record({
  topicId: fc.uuid(),
  partition: fc.nat({ max: 9_999 }),
  position: fc.nat({ max: 40 }),
  sizeBytes: fc.nat({ max: 40 }),
  recordCount: fc.nat({ max: 1_000 }),
});

const anyWalObject = fc
  .tuple(fc.array(anyRange, { maxLength: 5 }), fc.uint8Array({ maxLength: 100 }))
  .map(
    ([ranges, body]) => new Uint8Array(Buffer.concat(encodeWalObject([body], ranges, nodeCodecs))),
  );

const codec = fc.constantFrom(...nodeCodecs.available);
const anyBatch = fc
  .tuple(anyRecords, codec)
  .map(([records, compression]) => encodeRecordBatch({ records, compression }, nodeCodecs));

type Format = readonly [
  name: string,
  valid: fc.Arbitrary<Uint8Array>,
  decode: (bytes: Uint8Array) => unknown,
  encode: (value: never) => Uint8Array,
];

const formats: readonly Format[] = [
  ['an index page', anyIndexPage.map(encodeIndexPage), decodeIndexPage, encodeIndexPage],
  ['a tail entry', anyTailEntry.map(encodeTailEntry), decodeTailEntry, encodeTailEntry],
  ['spans', anySpans.map(encodeSpans), decodeSpans, encodeSpans],
];

test.each(formats)(
  '%s is read or corrupt, and what is read can be written again',
  (...format) => {
    const [, valid, decode, encode] = format;
    let read = 0;
    const property = fc.property(nearlyValid(valid), (bytes) => {
      let value: unknown;
      if (!decodes(() => (value = decode(bytes)))) return;
      read++;
      expect(decode(encode(value as never))).toEqual(value);
    });
    fc.assert(property, fuzzRuns(1_500));
    expect(read).toBeGreaterThan(0);
  },
  fuzzTimeoutMs,
);

test(
  'the directory of a WAL object is read or corrupt, and its ranges lie in the body',
  () => {
    const property = fc.property(nearlyValid(anyWalObject), fc.boolean(), (bytes, reseal) => {
      if (reseal) resealDirectory(bytes);
      decodes(() => {
        for (const { position, sizeBytes } of decodeWalDirectory(bytes, nodeCodecs)) {
          expect(position + sizeBytes).toBeLessThanOrEqual(bytes.length);
        }
      });
    });
    fc.assert(property, fuzzRuns(1_500));
  },
  fuzzTimeoutMs,
);

/** Makes the CRC right again, so that the damage reaches the code behind it. */
function resealDirectory(bytes: Uint8Array): void {
  if (bytes.length < 12) return;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const end = bytes.length - 12;
  const from = Math.max(0, end - view.getUint32(end));
  view.setUint32(end + 4, nodeCodecs.crc32c(bytes.subarray(from, end)));
}

test(
  'a record is read or corrupt, and ends within its bytes',
  () => {
    const oneRecord = anyRecords.map(([first]) =>
      encodeRecordBatch({ records: first ? [first] : [] }, nodeCodecs).subarray(batchHeaderBytes),
    );
    const property = fc.property(nearlyValid(oneRecord), (bytes) => {
      const reader = new ByteReader(bytes);
      decodes(() => readRecord(reader, 0, 0));
      expect(reader.position).toBeLessThanOrEqual(bytes.length);
    });
    fc.assert(property, fuzzRuns(1_500));
  },
  fuzzTimeoutMs,
);

test(
  'a batch header is read or corrupt, and what is read can be written again',
  () => {
    const property = fc.property(nearlyValid(anyBatch), (bytes) => {
      decodes(() => {
        const header = readBatchHeader(bytes);
        const copy = bytes.slice(0, header.sizeBytes);
        writeBatchHeader(copy, header);
        expect(readBatchHeader(copy)).toEqual(header);
      });
    });
    fc.assert(property, fuzzRuns(1_500));
  },
  fuzzTimeoutMs,
);

// Fault 10 of docs/faults.md.
test(
  'a batch that passes validation decodes to dense offsets, whatever was done to it',
  () => {
    let passed = 0;
    const property = fc.property(nearlyValid(anyBatch), fc.boolean(), (bytes, reseal) => {
      if (reseal && bytes.length >= batchHeaderBytes) sealWhole(bytes);
      decodes(() => [...eachBatch(bytes)]);
      decodes(() => decodeRecords(bytes, nodeCodecs));
      if (!decodes(() => validateBatch(bytes, readBatchHeader(bytes), nodeCodecs))) return;
      passed++;
      const { recordCount, baseOffset } = readBatchHeader(bytes);
      const offsets = decodeRecords(bytes, nodeCodecs).map(({ offset }) => offset - baseOffset);
      expect(offsets).toEqual(Array.from({ length: recordCount }, (_, i) => i));
    });
    fc.assert(property, fuzzRuns(1_500));
    expect(passed).toBeGreaterThan(0);
  },
  fuzzTimeoutMs,
);

/** Length and CRC made right again. */
function sealWhole(bytes: Uint8Array): void {
  new DataView(bytes.buffer, bytes.byteOffset).setInt32(8, bytes.length - 12);
  sealBatch(bytes, nodeCodecs);
}
