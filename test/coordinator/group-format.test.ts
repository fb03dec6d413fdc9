/** lib/coordinator/group-format.js: every group comes back, and bytes that are none are refused. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assignorNames, type Group, type Slot } from '../../lib/coordinator/group.js';
import { decodeGroup, encodeGroup } from '../../lib/coordinator/group-format.js';
import { CorruptData } from '../../lib/log/corrupt-data.js';

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 });
const epoch = 1_000;
const anyMember = fc.record({
  memberId: text,
  instanceId: fc.option(text),
  clientId: fc.string(),
  subscription: fc.record({
    topics: fc.array(fc.constantFrom('a', 'b', 'c')),
    pattern: fc.option(fc.constantFrom('', 'x.*')),
  }),
  assignor: fc.option(fc.constantFrom(...assignorNames)),
  sessionTimeoutMs: fc.nat(),
  rebalanceTimeoutMs: fc.nat(),
  memberEpoch: fc.integer({ min: 500, max: epoch }),
  previousEpoch: fc.integer({ min: 0, max: 500 }),
  seenMs: fc.integer({ min: 0, max: 2 ** 45 }),
  revokingSinceMs: fc.option(fc.integer({ min: 0, max: 2 ** 45 })),
  absent: fc.boolean(),
});

const anyGroup: fc.Arbitrary<Group> = fc
  .uniqueArray(anyMember, { selector: ({ memberId }) => memberId, maxLength: 6 })
  .chain((members) => {
    const who = fc.constantFrom(null, ...members.map(({ memberId }) => memberId));
    const slot = fc
      .record({ target: who, owner: who, sinceEpoch: fc.nat(epoch) })
      .map((one): Slot => (one.owner === null ? { ...one, sinceEpoch: 0 } : one));
    return fc.record({
      uid: text,
      epoch: fc.constant(epoch),
      targetEpoch: fc.nat(epoch),
      assignor: fc.constantFrom(...assignorNames),
      members: fc.constant(members),
      topics: fc.array(
        fc.record({ name: text, topicId: text, slots: fc.array(slot, { maxLength: 20 }) }),
        { maxLength: 4 },
      ),
      emptySinceMs: fc.option(fc.nat()),
    });
  });

test('what is written is read', () => {
  fc.assert(
    fc.property(anyGroup, (group) => {
      expect(decodeGroup(encodeGroup(group))).toEqual(group);
    }),
    { numRuns: 300 },
  );
});

test('a name that begins with a byte order mark is still that name', () => {
  const [sample] = fc.sample(anyGroup, { numRuns: 1, seed: 3 });
  const group = { ...(sample as Group), uid: '\uFEFFann' };
  expect(decodeGroup(encodeGroup(group)).uid).toBe('\uFEFFann');
});

test('other bytes are corrupt, and nothing worse', () => {
  const [sample] = fc.sample(anyGroup, { numRuns: 1, seed: 3 });
  const bytes = encodeGroup(sample as Group);
  expect(() => decodeGroup(new Uint8Array([9, ...bytes.slice(1)]))).toThrow(/version 9/);
  for (let length = 0; length < bytes.length; length++) {
    expect(() => decodeGroup(bytes.slice(0, length))).toThrow(CorruptData);
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (noise) => {
      try {
        decodeGroup(new Uint8Array([1, ...noise]));
      } catch (error) {
        expect(error).toBeInstanceOf(CorruptData);
      }
    }),
  );
});
