/** lib/broker/accept-records.js: which records wait for a batch that they share, and which have one at once. */

import { expect, test } from 'vitest';
import { type AppendTerms, acceptAppend } from '../../lib/broker/accept-records.js';
import { sharedBatchBytesMax, sharingBytesMax } from '../../lib/log/limits.js';
import type { LogRecord } from '../../lib/log/record.js';
import { isPendingRecords } from '../../lib/log/shared-batch.js';
import { type ConfigOverrides, topicConfigsOf } from '../../lib/log/topic-configs.js';
import { nodeCodecs } from '../../lib/runtime/node-codecs.js';
import { manualStartMs as nowMs } from '../support/manual-world.js';
import { refA, refusalOf } from './broker-fixture.js';

const record = (sizeBytes: number, timestampMs = nowMs): LogRecord => ({
  key: null,
  value: new Uint8Array(sizeBytes),
  headers: [],
  timestampMs,
});

function accept(
  records: readonly LogRecord[],
  terms?: AppendTerms,
  overrides: ConfigOverrides = {},
) {
  return acceptAppend(refA, records, nodeCodecs, nowMs, terms, topicConfigsOf(overrides));
}

test('small records wait, with all that the flush must know of them', () => {
  const records = [record(10, nowMs - 5), record(20, nowMs), record(0, 0)];
  expect(accept(records)).toEqual({
    ref: refA,
    records,
    compression: 'none',
    sizeBytes: expect.any(Number),
    recordCount: 3,
    maxTimestampMs: nowMs,
    batchBytesMax: sharedBatchBytesMax,
    inlineBytesMax: undefined,
  });
});

const producer = { producerId: 7, producerEpoch: 0, baseSequence: 0 };
test.each<[what: string, records: LogRecord[], terms: AppendTerms, overrides: ConfigOverrides]>([
  ['of a numbered producer', [record(1)], { producer }, {}],
  ['with a condition on the offset, be it 0', [record(1)], { expectedNextOffset: 0 }, {}],
  ['with a fencing token, be it empty', [record(1)], { fencingToken: '' }, {}],
  ['that are large', [record(sharingBytesMax)], {}, {}],
  ['that are large together', Array(5).fill(record(sharingBytesMax / 5)), {}, {}],
  ['with the time of their append', [record(1)], {}, { 'message.timestamp.type': 'LogAppendTime' }],
])('records %s have a batch of their own, with their terms', (_what, records, terms, overrides) => {
  const { producer: numbers, ...conditions } = terms;
  const accepted = accept(records, terms, overrides);
  expect(accepted).toMatchObject({ recordCount: records.length, ...conditions });
  expect(accepted.producer?.producer).toBe(numbers && '7');
  expect(isPendingRecords(accepted)).toBe(false);
});

test('the topic’s settings hold for records that wait: its limit, its compression, its keys', () => {
  const limited = accept([record(1)], {}, { 'max.message.bytes': '2000' });
  expect(limited).toMatchObject({ batchBytesMax: 2_000 });
  const tooLarge = () => accept([record(2_000)], {}, { 'max.message.bytes': '2000' });
  expect(refusalOf(tooLarge)).toMatchObject({ code: 'MESSAGE_TOO_LARGE' });
  const gzip = { 'compression.type': 'gzip', 'max.message.bytes': '2000' };
  expect(accept([record(1)], {}, gzip)).toMatchObject({ compression: 'gzip' });
  // As it turns out, it is small enough.
  expect(isPendingRecords(accept([record(2_000)], {}, gzip))).toBe(false);
  const keyless = () => accept([record(1)], {}, { 'cleanup.policy': 'compact' });
  expect(refusalOf(keyless)).toMatchObject({ code: 'INVALID_RECORD' });
});
