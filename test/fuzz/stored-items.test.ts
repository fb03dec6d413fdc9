/**
 * What the stores keep in tables, damaged: items of DynamoDB and heads of the local store are read, or
 * refused by the typed error; what is read holds no number that has been rounded.
 */

import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeIndexPage } from '../../lib/log/index-page.js';
import { encodeTailEntry } from '../../lib/log/location-format.js';
import type { PartitionHead } from '../../lib/log/partition-head.js';
import type { Item } from '../../lib/store/aws/items/attributes.js';
import { headFromItem, headToItem } from '../../lib/store/aws/items/head-item.js';
import { pageFromItem, pageToItem } from '../../lib/store/aws/items/page-item.js';
import {
  parkedProducerFromItem,
  parkedProducerToItem,
} from '../../lib/store/aws/items/parked-producer-item.js';
import { producerIdFromItem, producerIdKey } from '../../lib/store/aws/items/producer-id-item.js';
import { encodeSpans } from '../../lib/store/aws/items/span-format.js';
import { topicFromItem, topicToItem } from '../../lib/store/aws/items/topic-item.js';
import { decodeHead, encodeHead } from '../../lib/store/local/head-format.js';
import { anyIndexPage, anyTailEntry, decodes } from '../log/samples.js';
import { anySpans, ref, sampleHead } from '../store/aws/samples.js';
import { fuzzRuns, fuzzTimeoutMs } from './fuzz-runs.js';
import { jsonText, nearlyDocument, nearlyJson } from './hostile-json.js';
import { nearlyValid } from './mutated-bytes.js';

/** Numbers that are no whole and safe ones, anywhere in what was decoded. */
function unsafeNumbers(value: unknown): unknown[] {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? [] : [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(unsafeNumbers);
}

const bytes = fc.oneof(
  nearlyValid(anyTailEntry.map(encodeTailEntry)),
  nearlyValid(anySpans.map(encodeSpans)),
  nearlyValid(anyIndexPage.map(encodeIndexPage)),
);

const { value: anyAttribute } = fc.letrec<{ value: AttributeValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc
      .constantFrom('0', '-1', '1.5', '9007199254740993', '1e400', '-9007199254740992', '1e3')
      .map((N): AttributeValue => ({ N })),
    fc.string({ maxLength: 9 }).map((S): AttributeValue => ({ S })),
    bytes.map((B): AttributeValue => ({ B })),
    fc.constantFrom<AttributeValue>({ NULL: true }, { BOOL: false }, { SS: ['a'] }),
    fc.array(tie('value'), { maxLength: 3 }).map((L): AttributeValue => ({ L })),
    fc
      .dictionary(fc.oneof(fc.constant('__proto__'), fc.string({ maxLength: 3 })), tie('value'), {
        maxKeys: 3,
      })
      .map((M): AttributeValue => ({ M })),
  ),
}));

const anyHead: fc.Arbitrary<PartitionHead> = fc
  .record({ tail: fc.array(anyTailEntry, { maxLength: 3 }), spans: anySpans })
  .map(({ tail, spans }) => ({
    ...sampleHead,
    tail,
    windows: { a: { seenAtRoll: 3, spans } },
    fencingToken: 'token',
    lease: { leader: 'x', leaderEpoch: 2, leaseExpiresMs: 5 },
  }));

const anyParked = anySpans.map((spans) =>
  parkedProducerToItem(ref, 'a', { epoch: 1, nextSequence: 5, spans, lastBaseOffset: 9 }),
);

const topicItem = topicToItem({
  name: 'access',
  topicId: ref.topicId,
  partitionCount: 3,
  createdAtMs: 1_790_000_000_000,
  configs: { 'retention.ms': '5' },
  tags: { team: 'a' },
  version: 2,
});

const items: readonly [string, fc.Arbitrary<Item>, (item: Item) => unknown][] = [
  ['a head', anyHead.map((head) => headToItem(ref, head)), headFromItem],
  ['a page', anyIndexPage.map((page) => pageToItem(ref, page)), pageFromItem],
  ['a parked producer', anyParked, parkedProducerFromItem],
  ['a topic', fc.constant(topicItem), topicFromItem],
  ['the counter', fc.constant({ ...producerIdKey, c: { N: '7' } }), producerIdFromItem],
];

/** One to three attributes are missing or something else, at any depth of lists and maps. */
function damagedItem(valid: fc.Arbitrary<Item>): fc.Arbitrary<Item> {
  const damage = fc.tuple(
    fc.nat({ max: 40 }),
    fc.option(anyAttribute, { nil: undefined }),
    fc.boolean(),
  );
  return fc
    .tuple(valid, fc.array(damage, { maxLength: 3 }))
    .map(([item, all]) =>
      all.reduce((now, [place, value, inside]) => damagedAt(now, place, value, inside), item),
    );
}

function damagedAt(
  item: Item,
  place: number,
  value: AttributeValue | undefined,
  inside: boolean,
): Item {
  const names = Object.keys(item);
  const name = names[place % Math.max(1, names.length)];
  if (name === undefined) return item;
  const now = item[name];
  if (inside && now?.M) return { ...item, [name]: { M: damagedAt(now.M, place, value, true) } };
  if (inside && now?.L && value) {
    return { ...item, [name]: { L: now.L.toSpliced(place % (now.L.length + 1), 1, value) } };
  }
  const { [name]: _, ...rest } = item;
  return value === undefined ? rest : { ...rest, [name]: value };
}

test.each(items)(
  'the item of %s is read or corrupt',
  (_name, valid, read) => {
    let count = 0;
    const property = fc.property(damagedItem(valid), (item) => {
      const answered = decodes(() => {
        expect(unsafeNumbers(read(item))).toEqual([]);
      });
      if (answered) count++;
    });
    fc.assert(property, fuzzRuns(600));
    expect(count).toBeGreaterThan(0);
  },
  fuzzTimeoutMs,
);

const storedHead = anyHead.map((head) => JSON.parse(encodeHead(head)) as unknown);

/** What is read of a head must be one: the log would compute with it. */
function readHead(text: string): boolean {
  return decodes(() => {
    const head = decodeHead(text);
    expect(unsafeNumbers(head)).toEqual([]);
    expect(decodeHead(encodeHead(head))).toEqual(head);
  });
}

test(
  'a local head is read or corrupt, whatever value stands in it',
  () => {
    let count = 0;
    const property = fc.property(nearlyDocument(storedHead), (document) => {
      if (readHead(jsonText(document))) count++;
    });
    fc.assert(property, fuzzRuns(600));
    expect(count).toBeGreaterThan(0);
  },
  fuzzTimeoutMs,
);

test(
  'a local head of damaged text is read or corrupt',
  () => {
    const property = fc.property(nearlyJson(storedHead), (text) => {
      readHead(new TextDecoder().decode(text));
    });
    fc.assert(property, fuzzRuns(600));
  },
  fuzzTimeoutMs,
);
