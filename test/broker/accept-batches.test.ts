/**
 * What is let into the log and what is not, and with which words: whichever way it comes, by the rules of
 * lib/broker/append-rules.js.
 */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { acceptBatches } from '../../lib/broker/accept-batches.js';
import { acceptAppend, acceptRecords } from '../../lib/broker/accept-records.js';
import type { PendingBatch } from '../../lib/log/append-plan.js';
import { readBatchHeader, sealBatch } from '../../lib/log/batch-header.js';
import { onePiece } from '../../lib/log/byte-parts.js';
import type { Codecs } from '../../lib/log/codecs.js';
import { batchBytesMax, recordHeadersMax, timestampAheadMsMax } from '../../lib/log/limits.js';
import type { LogRecord } from '../../lib/log/record.js';
import { decodeRecords, encodeRecordBatch, validateBatch } from '../../lib/log/record-batch.js';
import { topicConfigsOf } from '../../lib/log/topic-configs.js';
import { nodeCodecs } from '../../lib/runtime/node-codecs.js';
import { manualStartMs as nowMs } from '../support/manual-world.js';
import { refA, refusalOf } from './broker-fixture.js';

const record = (facts: Partial<LogRecord> = {}): LogRecord => ({
  key: null,
  value: new Uint8Array([1]),
  headers: [],
  timestampMs: nowMs,
  ...facts,
});

const producer = { producerId: 7, producerEpoch: 2, baseSequence: 2 ** 31 - 1 };

function encoded(facts: Partial<Parameters<typeof encodeRecordBatch>[0]> = {}): Uint8Array {
  return encodeRecordBatch({ records: [record(), record()], ...facts }, nodeCodecs);
}

/** Changes bytes of the header and makes the CRC right again. */
function resealed(change: (view: DataView) => void, bytes = encoded()): Uint8Array {
  change(new DataView(bytes.buffer, bytes.byteOffset));
  sealBatch(bytes, nodeCodecs);
  return bytes;
}

const bytesOf = ({ parts }: PendingBatch) => onePiece(parts);

const accept = (bytes: Uint8Array, codecs = nodeCodecs) =>
  acceptBatches(refA, [bytes], codecs, nowMs);

test('batches are taken as they are, one after another, each with its place in its row', () => {
  const [plain, numbered] = [encoded(), encoded({ producer, compression: 'gzip' })];
  const both = accept(new Uint8Array([...plain, ...numbered]));
  expect(both.map(bytesOf)).toEqual([plain, numbered]);
  expect(both[0]).toMatchObject({ ref: refA, recordCount: 2, maxTimestampMs: nowMs });
  expect(both[0]?.producer).toBeUndefined();
  // Sequences wrap at 2^31.
  const sequences = { producer: '7', epoch: 2, baseSequence: 2 ** 31 - 1, nextSequence: 1 };
  expect(both[1]?.producer).toEqual(sequences);
});

test('a body in parts is the same body, and is not copied together', () => {
  const body = new Uint8Array([...encoded(), ...encoded({ producer })]);
  const cut = fc.property(fc.array(fc.nat({ max: body.length }), { maxLength: 4 }), (cuts) => {
    const ends = [...cuts.sort((a, b) => a - b), body.length];
    const parts = ends.map((end, i) => body.subarray(ends[i - 1] ?? 0, end));
    const batches = acceptBatches(refA, parts, nodeCodecs, nowMs);
    expect(batches.map(bytesOf)).toEqual(accept(body).map(bytesOf));
    for (const part of batches.flatMap((batch) => batch.parts)) {
      expect(part.buffer).toBe(body.buffer);
    }
  });
  fc.assert(cut);
});

test('records become one batch, with the greatest of their timestamps', () => {
  const records = [
    record({ timestampMs: 5 }),
    record({ timestampMs: nowMs }),
    record({ timestampMs: 0 }),
  ];
  const pending = acceptRecords(refA, records, nodeCodecs, nowMs, producer);
  expect(pending).toMatchObject({ recordCount: 3, maxTimestampMs: nowMs });
  expect(readBatchHeader(bytesOf(pending))).toMatchObject({ ...producer, recordCount: 3 });
  expect(accept(bytesOf(pending))).toEqual([pending]);
});

const later = nowMs + timestampAheadMsMax + 1;
const noGzip: Codecs = { ...nodeCodecs, available: new Set(['none']) };
const refused: [what: string, accept: () => unknown, code: string][] = [
  ['an empty body', () => accept(new Uint8Array()), 'INVALID_RECORD'],
  ['a cut batch', () => accept(encoded().subarray(0, -1)), 'CORRUPT_MESSAGE'],
  ['a cut second batch', () => accept(new Uint8Array([...encoded(), 0, 0])), 'CORRUPT_MESSAGE'],
  ['a flipped byte', () => accept(flip(encoded(), 70)), 'CORRUPT_MESSAGE'],
  ['another magic', () => accept(flip(encoded(), 16)), 'CORRUPT_MESSAGE'],
  ['a lying record count', () => accept(resealed((v) => v.setInt32(57, 3))), 'CORRUPT_MESSAGE'],
  ['no record', () => accept(resealed((v) => v.setInt32(57, 0))), 'CORRUPT_MESSAGE'],
  [
    'a million and one',
    () => accept(resealed((v) => v.setInt32(57, 1_000_001))),
    'RECORD_LIST_TOO_LARGE',
  ],
  ['a transaction', () => accept(resealed((v) => v.setInt16(21, 0x10))), 'INVALID_RECORD'],
  ['a control batch', () => accept(resealed((v) => v.setInt16(21, 0x20))), 'INVALID_RECORD'],
  ['an append time', () => accept(resealed((v) => v.setInt16(21, 0x08))), 'INVALID_TIMESTAMP'],
  [
    'an epoch of -1',
    () => accept(resealed((v) => v.setInt16(51, -1), encoded({ producer }))),
    'INVALID_RECORD',
  ],
  [
    'a sequence of -1',
    () => accept(resealed((v) => v.setInt32(53, -1), encoded({ producer }))),
    'INVALID_RECORD',
  ],
  [
    'a codec that is missing',
    () => accept(encoded({ compression: 'gzip' }), noGzip),
    'UNSUPPORTED_COMPRESSION_TYPE',
  ],
  ['a codec that lies', () => accept(resealed((v) => v.setInt16(21, 1))), 'CORRUPT_MESSAGE'],
  [
    'a bomb',
    () =>
      accept(
        encoded({
          records: [record({ value: new Uint8Array(33 * 2 ** 20) })],
          compression: 'gzip',
        }),
      ),
    'MESSAGE_TOO_LARGE',
  ],
  [
    'a large batch',
    () => accept(encoded({ records: [record({ value: new Uint8Array(batchBytesMax) })] })),
    'MESSAGE_TOO_LARGE',
  ],
  [
    'a far future',
    () => accept(encoded({ records: [record({ timestampMs: later })] })),
    'INVALID_TIMESTAMP',
  ],
  ['records: none', () => acceptRecords(refA, [], nodeCodecs, nowMs), 'INVALID_RECORD'],
  ['small records: none', () => acceptAppend(refA, [], nodeCodecs, nowMs), 'INVALID_RECORD'],
  ['small records: a far future', () => small({ timestampMs: later }), 'INVALID_TIMESTAMP'],
  ['small records: no time', () => small({ timestampMs: Number.NaN }), 'INVALID_TIMESTAMP'],
  ['records: too large', () => one({ value: new Uint8Array(batchBytesMax) }), 'MESSAGE_TOO_LARGE'],
  [
    'records: too many headers',
    () => one({ headers: Array(recordHeadersMax + 1).fill(['a', null]) }),
    'INVALID_RECORD',
  ],
  ['records: before 1970', () => one({ timestampMs: -1 }), 'INVALID_TIMESTAMP'],
  ['records: a far future', () => one({ timestampMs: later }), 'INVALID_TIMESTAMP'],
  ['records: no time', () => one({ timestampMs: Number.NaN }), 'INVALID_TIMESTAMP'],
  ['records: half a millisecond', () => one({ timestampMs: 1.5 }), 'INVALID_TIMESTAMP'],
];

const one = (facts: Partial<LogRecord>) => acceptRecords(refA, [record(facts)], nodeCodecs, nowMs);

const small = (facts: Partial<LogRecord>) => acceptAppend(refA, [record(facts)], nodeCodecs, nowMs);

function flip(bytes: Uint8Array, position: number): Uint8Array {
  bytes[position] = (bytes[position] as number) ^ 0xff;
  return bytes;
}

test.each(refused)('%s is refused', (_what, act, code) => {
  let error: unknown;
  try {
    act();
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toMatchObject({ name: 'BrokerError', code, sideEffects: 'none' });
});

test('what was hit is named', () => {
  const limit = { details: expect.objectContaining({ limitBytes: batchBytesMax }) };
  expect(() => one({ value: new Uint8Array(batchBytesMax) })).toThrow(
    expect.objectContaining(limit),
  );
  expect(() => one({ timestampMs: later })).toThrow(
    expect.objectContaining({ details: { timestampMs: later, latestMs: later - 1 } }),
  );
});

test('a batch beyond the topic’s own limit is refused by its name', () => {
  const configs = topicConfigsOf({ 'max.message.bytes': '2000' });
  const large = [record({ value: new Uint8Array(2_000) })];
  const refusal = {
    code: 'MESSAGE_TOO_LARGE',
    message: expect.stringMatching(/max\.message\.bytes is 2000/),
    details: { limitBytes: 2_000, setting: 'max.message.bytes' },
  };
  const tries = [
    () => acceptRecords(refA, large, nodeCodecs, nowMs, undefined, configs),
    () => acceptBatches(refA, [encoded({ records: large })], nodeCodecs, nowMs, configs),
  ];
  for (const attempt of tries) expect(refusalOf(attempt)).toMatchObject(refusal);
  // The limit is on what is stored.
  const gzip = topicConfigsOf({ 'max.message.bytes': '2000', 'compression.type': 'gzip' });
  acceptRecords(refA, large, nodeCodecs, nowMs, undefined, gzip);
});

// Fault 17 of docs/faults.md.
test('where the server’s time counts, the producer’s does not, however wrong it is', () => {
  const configs = topicConfigsOf({ 'message.timestamp.type': 'LogAppendTime' });
  const records = [record({ timestampMs: 5 }), record({ timestampMs: later })];
  const sent = encoded({ records, producer, compression: 'gzip' });
  const copy = sent.slice();
  const [binary] = acceptBatches(refA, [sent], nodeCodecs, nowMs, configs);
  const json = acceptRecords(refA, records, nodeCodecs, nowMs, producer, configs);
  for (const pending of [binary, json]) {
    if (!pending) throw new Error('there is no batch');
    expect(pending.maxTimestampMs).toBe(nowMs);
    expect(pending.producer).toMatchObject({ producer: '7', epoch: 2 });
    const bytes = bytesOf(pending);
    validateBatch(bytes, readBatchHeader(bytes), nodeCodecs);
    const read = decodeRecords(bytes, nodeCodecs);
    expect(read.map(({ timestampMs }) => timestampMs)).toEqual([nowMs, nowMs]);
  }
  expect(sent).toEqual(copy);
});

test('records are compressed as the topic says; batches stay as they came', () => {
  const configs = topicConfigsOf({ 'compression.type': 'gzip' });
  const accepted = acceptRecords(refA, [record()], nodeCodecs, nowMs, undefined, configs);
  const bytes = bytesOf(accepted);
  expect(readBatchHeader(bytes).compression).toBe('gzip');
  expect(decodeRecords(bytes, nodeCodecs)).toMatchObject([{ value: new Uint8Array([1]) }]);
  const plain = encoded();
  expect(acceptBatches(refA, [plain], nodeCodecs, nowMs, configs)[0]?.parts).toEqual([plain]);
  const unable = () => acceptRecords(refA, [record()], noGzip, nowMs, undefined, configs);
  expect(refusalOf(unable)).toMatchObject({ code: 'UNSUPPORTED_COMPRESSION_TYPE' });
});
