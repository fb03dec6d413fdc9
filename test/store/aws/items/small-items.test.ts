/** The items besides the head: their keys, and that what they hold comes back. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CorruptData } from '../../../../lib/log/corrupt-data.js';
import {
  lastPageSortKey,
  pageFromItem,
  pageSortKey,
  pageToItem,
} from '../../../../lib/store/aws/items/page-item.js';
import {
  parkedProducerFromItem,
  parkedProducerToItem,
} from '../../../../lib/store/aws/items/parked-producer-item.js';
import { producerIdFromItem } from '../../../../lib/store/aws/items/producer-id-item.js';
import { topicFromItem, topicToItem } from '../../../../lib/store/aws/items/topic-item.js';
import { unalteredTopic } from '../../../../lib/store/topic-store.js';
import { anySpans, propertyRuns, ref, sampleEntry } from '../samples.js';

const pk = { S: '1/p/0f8fad5b-d9cb-469f-a165-70867728950e/3' };

test('a page lies under its end', () => {
  const { stamps: _, ...location } = sampleEntry();
  const page = { baseOffset: 10, nextOffset: 15, maxTimestampMs: 7, locations: [location] };
  const item = pageToItem(ref, page);
  expect(item).toMatchObject({ pk, sk: { S: 'page/0000000000000015' } });
  expect(pageFromItem(item)).toEqual(page);
});

test('pages sort by their ends up to the last offset there can be', () => {
  const property = fc.property(fc.maxSafeNat(), fc.maxSafeNat(), (a, b) => {
    expect(pageSortKey(a) < pageSortKey(b)).toBe(a < b);
    expect(pageSortKey(a) < lastPageSortKey).toBe(true);
  });
  fc.assert(property, propertyRuns);
});

test('a parked producer comes back as it was', () => {
  const state = fc.record({
    epoch: fc.nat(),
    nextSequence: fc.nat(),
    spans: anySpans,
    lastBaseOffset: fc.maxSafeNat(),
  });
  const property = fc.property(state, (parked) => {
    const item = parkedProducerToItem(ref, '4711', parked);
    expect(item).toMatchObject({ pk, sk: { S: 'producer/4711' } });
    expect(parkedProducerFromItem(item)).toEqual(parked);
  });
  fc.assert(property, propertyRuns);
});

test('a topic lies under its name, among all topics', () => {
  const facts = { name: 'orders', topicId: ref.topicId, partitionCount: 12, createdAtMs: 1_790 };
  const topic = { ...facts, ...unalteredTopic };
  const item = topicToItem(topic);
  expect(item).toEqual({
    pk: { S: '1/topics' },
    sk: { S: 'orders' },
    i: { S: ref.topicId },
    c: { N: '12' },
    m: { N: '1790' },
  });
  expect(topicFromItem(item)).toEqual(topic);
  const altered = { ...topic, configs: { 'retention.ms': '1' }, tags: { a: '' }, version: 3 };
  const alteredItem = topicToItem(altered);
  expect(alteredItem).toEqual({
    ...item,
    g: { M: { 'retention.ms': { S: '1' } } },
    a: { M: { a: { S: '' } } },
    v: { N: '3' },
  });
  expect(topicFromItem(alteredItem)).toEqual(altered);
});

test('the first producer id is 0', () => {
  expect(producerIdFromItem({ c: { N: '1' } })).toBe(0);
  expect(() => producerIdFromItem({})).toThrow(CorruptData);
});
