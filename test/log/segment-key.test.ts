/** Keys of segments: they come back, and list in offset order. */

import { expect, test } from 'vitest';
import {
  formatSegmentKey,
  isSegmentKey,
  parseSegmentKey,
  segmentsOfPartition,
  segmentsOfTopic,
} from '../../lib/log/segment-key.js';

const topicId = '7c9e6679-7425-40de-944b-e07fc1f90ae7';
const uuid = '0f8fad5b-d9cb-469f-a165-70867728950e';
const ref = { topicId, partition: 12 };
const key = { ref, baseOffset: 5_000_000_000, leaderEpoch: 3, uuid };

test('a key comes back', () => {
  const text = formatSegmentKey(key);
  expect(text).toBe(`segments/${topicId}/12/0000005000000000-3-${uuid}`);
  expect(parseSegmentKey(text)).toEqual(key);
  expect(isSegmentKey(text)).toBe(true);
  expect(text.startsWith(segmentsOfPartition(ref))).toBe(true);
  expect(text.startsWith(segmentsOfTopic(topicId))).toBe(true);
});

test('keys list in the order of their offsets', () => {
  const keys = [9, 10, 2 ** 40, 0].map((baseOffset) => formatSegmentKey({ ...key, baseOffset }));
  expect(keys.sort().map((text) => parseSegmentKey(text)?.baseOffset)).toEqual([0, 9, 10, 2 ** 40]);
});

test.each([`wal/2026112307/${uuid}`, 'segments/x/0/0-1-y', `${formatSegmentKey(key)}x`])(
  '%s is no segment of ours',
  (text) => {
    expect(parseSegmentKey(text)).toBeUndefined();
  },
);
