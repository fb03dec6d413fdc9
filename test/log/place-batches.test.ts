/** Placing batches: offsets in a row for what was never placed, a segment's own for what was. */

import { expect, test } from 'vitest';
import { readBatchHeader } from '../../lib/log/batch-header.js';
import { CorruptData } from '../../lib/log/corrupt-data.js';
import { placeBatches, sealOffset } from '../../lib/log/place-batches.js';
import { golden } from './samples.js';
import { testCodecs } from './test-codecs.js';

const wal = { objectKey: 'wal/2026112307/x', leaderEpoch: 3 };
const segment = { objectKey: 'segments/x', leaderEpoch: 4 };

function twoBatches(): Uint8Array {
  return Uint8Array.from([...golden('kafkajs-plain.bin'), ...golden('kafka-python-plain.bin')]);
}

test('batches of a flush get offsets in a row, and the leader epoch', () => {
  const bytes = twoBatches();
  const placed = placeBatches(bytes, { ...wal, baseOffset: 100 }, testCodecs);
  const [first, second] = placed.map(({ header }) => header);
  expect(first?.baseOffset).toBe(100);
  expect(second?.baseOffset).toBe(100 + (first?.lastOffsetDelta ?? 0) + 1);
  for (const { header, bytes: batch } of placed) {
    expect(readBatchHeader(batch).baseOffset).toBe(header.baseOffset);
    expect(new DataView(batch.buffer, batch.byteOffset).getInt32(12)).toBe(3);
  }
});

test('batches of a segment keep theirs, also with gaps between them', () => {
  const bytes = twoBatches();
  const placed = placeBatches(bytes, { ...wal, baseOffset: 100 }, testCodecs);
  const second = placed[1]?.bytes as Uint8Array;
  new DataView(second.buffer, second.byteOffset).setUint32(4, 500);
  for (const { bytes: batch } of placed) sealOffset(batch, testCodecs);
  const again = placeBatches(bytes, { ...segment, baseOffset: 100 }, testCodecs);
  expect(again.map(({ header }) => header.baseOffset)).toEqual([100, 500]);
});

test('a segment that goes back, or begins below what the index says, is corrupt', () => {
  const bytes = twoBatches();
  const placed = placeBatches(bytes, { ...wal, baseOffset: 100 }, testCodecs);
  for (const { bytes: batch } of placed) sealOffset(batch, testCodecs);
  const read = (baseOffset: number) => placeBatches(bytes, { ...segment, baseOffset }, testCodecs);
  expect(() => read(101)).toThrow('begins at 100, not 101');
  const second = placed[1]?.bytes as Uint8Array;
  const view = new DataView(second.buffer, second.byteOffset);
  view.setUint32(4, 100);
  for (const { bytes: batch } of placed) sealOffset(batch, testCodecs);
  expect(() => read(100)).toThrow('begins at 100');
});

test('a changed bit of an offset, which no CRC of Kafka covers, is noticed in a segment', () => {
  for (let at = 0; at < 8; at++) {
    const bytes = twoBatches();
    const placed = placeBatches(bytes, { ...wal, baseOffset: 100 }, testCodecs);
    for (const { bytes: batch } of placed) sealOffset(batch, testCodecs);
    bytes[at] = (bytes[at] as number) ^ 2;
    const read = () => placeBatches(bytes, { ...segment, baseOffset: 0 }, testCodecs);
    expect(read).toThrow(CorruptData);
  }
});

test('a byte that changed is noticed wherever it comes from', () => {
  for (const placing of [wal, segment]) {
    const bytes = twoBatches();
    bytes[200] = (bytes[200] as number) ^ 1;
    expect(() => placeBatches(bytes, { ...placing, baseOffset: 0 }, testCodecs)).toThrow(
      CorruptData,
    );
  }
});
