/** A batch without some of its records is the same batch: offsets, producer, times, codec. */

import { describe, expect, test } from 'vitest';
import { withAppendTime } from '../../lib/log/append-time.js';
import { placeBatch, readBatchHeader, verifyCrc } from '../../lib/log/batch-header.js';
import type { Compression } from '../../lib/log/codecs.js';
import { filterBatch } from '../../lib/log/filter-batch.js';
import { decodeRecords, encodeRecordBatch } from '../../lib/log/record-batch.js';
import { nodeCodecs } from '../../lib/runtime/node-codecs.js';

const utf8 = new TextEncoder();
const records = Array.from({ length: 20 }, (_, i) => ({
  key: utf8.encode(`k${i % 3}`),
  value: i === 7 ? null : utf8.encode(`a value that is as long as values are: ${i}`),
  headers: [['h', utf8.encode(`${i}`)]] as const,
  timestampMs: 1_000_000 + ((i * 7) % 20),
}));
const producer = { producerId: 5, producerEpoch: 2, baseSequence: 40 };

function batchOf(compression: Compression = 'none') {
  const bytes = encodeRecordBatch({ records, compression, producer }, nodeCodecs);
  placeBatch(bytes, 3_000, 1);
  return { bytes, header: readBatchHeader(bytes) };
}

const even = ({ offset }: { offset: number }) => offset % 2 === 0;

describe.each<Compression>([...nodeCodecs.available])('with %s', (compression) => {
  test('what stays is as it was, and so is the rest of the header', () => {
    const { bytes, header } = batchOf(compression);
    const filtered = filterBatch(bytes, header, nodeCodecs, even);
    if (!filtered) throw new Error('nothing stayed');
    const after = readBatchHeader(filtered);
    verifyCrc(filtered, after, nodeCodecs);
    const { sizeBytes: _, crc: __, maxTimestampMs, ...same } = header;
    expect(after).toMatchObject({ ...same, recordCount: 10 });
    expect(maxTimestampMs).toBe(1_000_019);
    expect(decodeRecords(filtered, nodeCodecs)).toEqual(
      decodeRecords(bytes, nodeCodecs).filter(even),
    );
  });

  test('a time from which tombstones may go changes no record', () => {
    const { bytes, header } = batchOf(compression);
    for (const horizonMs of [5, 2 ** 41]) {
      const filtered = filterBatch(bytes, header, nodeCodecs, even, () => horizonMs);
      if (!filtered) throw new Error('nothing stayed');
      expect(readBatchHeader(filtered)).toMatchObject({
        deleteHorizonMs: horizonMs,
        baseTimestampMs: horizonMs,
      });
      expect(decodeRecords(filtered, nodeCodecs)).toEqual(
        decodeRecords(bytes, nodeCodecs).filter(even),
      );
      // It stays with the batch, and is not set anew.
      const again = filterBatch(filtered, readBatchHeader(filtered), nodeCodecs, () => true);
      expect(again).toBe(filtered);
    }
  });
});

test('where all stays the bytes are the same, where nothing does there are none', () => {
  const { bytes, header } = batchOf();
  expect(filterBatch(bytes, header, nodeCodecs, () => true)).toBe(bytes);
  expect(filterBatch(bytes, header, nodeCodecs, () => false)).toBeUndefined();
});

test('the greatest timestamp is that of what stays, unless the server has set it', () => {
  const { bytes, header } = batchOf();
  const early = ({ timestampMs }: { timestampMs: number }) => timestampMs < 1_000_005;
  const filtered = filterBatch(bytes, header, nodeCodecs, early);
  expect(filtered && readBatchHeader(filtered).maxTimestampMs).toBe(1_000_004);
  const stamped = withAppendTime(bytes, header, 7_000_000, nodeCodecs);
  const after = filterBatch(stamped, readBatchHeader(stamped), nodeCodecs, even, () => 9);
  if (!after) throw new Error('nothing stayed');
  expect(readBatchHeader(after)).toMatchObject({ logAppendTime: true, maxTimestampMs: 7_000_000 });
  expect(new Set(decodeRecords(after, nodeCodecs).map(({ timestampMs }) => timestampMs))).toEqual(
    new Set([7_000_000]),
  );
});
