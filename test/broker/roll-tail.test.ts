/**
 * Rolling, stopped before and after each of its steps and done again by somebody else: nothing that a
 * reader or a retry can see changes.
 */

import { expect, test } from 'vitest';
import { createBroker } from '../../lib/broker/broker.js';
import { rollTail } from '../../lib/broker/roll-tail.js';
import { knownSpans } from '../../lib/log/commit.js';
import { producerIdleRolls, tailEntriesPerPage } from '../../lib/log/limits.js';
import { nodeCodecs } from '../../lib/runtime/node-codecs.js';
import { createFaultyStores, createGate, type Fault } from '../support/faulty-stores.js';
import {
  batchOf,
  createFixture,
  type Fixture,
  lineOf,
  producerOf,
  refA,
  settingsOf,
} from './broker-fixture.js';

/** Two pages' worth in the tail, of as many producers, and a few entries more. */
async function createFullTail(): Promise<Fixture> {
  const fixture = await createFixture();
  const stuck = createFaultyStores(fixture.truth, ({ method }) =>
    method === 'index.advanceTail' ? { kind: 'before' } : undefined,
  );
  const broker = createBroker(stuck.stores, nodeCodecs, fixture.world, settingsOf());
  for (let i = 0; i < tailEntriesPerPage * 2 + 3; i++) {
    await fixture.world.runUntil(broker.append([batchOf(`b${i}`, 2, producerOf(i, 0))]));
  }
  await broker.idle();
  return fixture;
}

/** All that a client can see: the log, and the answer to everybody's retry. */
async function seen(fixture: Fixture): Promise<unknown> {
  const broker = createBroker(fixture.truth, nodeCodecs, fixture.world, settingsOf());
  const retries: string[] = [];
  for (let i = 0; i < tailEntriesPerPage * 2 + 3; i++) {
    const again = broker.append([batchOf(`b${i}`, 2, producerOf(i, 0))]);
    retries.push(lineOf((await fixture.world.runUntil(again))[0]));
  }
  return { log: await fixture.log(), retries };
}

test('a roll takes all whole pages off the tail and changes nothing that is seen', async () => {
  const fixture = await createFullTail();
  const before = await seen(fixture);
  await rollTail(fixture.truth.index, refA, await fixture.head());
  const head = await fixture.head();
  expect([head.tail.length, head.rolls, head.tailBaseOffset]).toEqual([3, 2, 64]);
  expect(await fixture.truth.index.findPages(refA, 0, 9)).toHaveLength(2);
  expect(await seen(fixture)).toEqual(before);
});

const stops: [method: string, kind: 'before' | 'lost' | 'delayed', calls: number][] = [
  ['index.writePage', 'before', 1],
  ['index.writePage', 'lost', 1],
  ['index.writePage', 'delayed', 1],
  ['index.writePage', 'before', 2],
  ['index.advanceTail', 'before', 1],
  ['index.advanceTail', 'lost', 1],
  ['index.advanceTail', 'delayed', 1],
];

// Fault 44 of docs/faults.md.
test.each(stops)(
  'stopped at %s (%s, %i) and done again by another',
  async (method, kind, calls) => {
    const fixture = await createFullTail();
    const before = await seen(fixture);
    const head = await fixture.head();
    fixture.faulty.fail(method, { kind } as Fault, calls);
    await expect(rollTail(fixture.faulty.stores.index, refA, head)).rejects.toThrow();
    expect(await seen(fixture)).toEqual(before);
    await rollTail(fixture.truth.index, refA, await fixture.head());
    expect(await seen(fixture)).toEqual(before);
    while (fixture.faulty.stray() > 0) await fixture.faulty.deliver();
    expect(await seen(fixture)).toEqual(before);
    expect(await fixture.truth.index.findPages(refA, 0, 9)).toHaveLength(2);
    expect((await fixture.head()).rolls).toBe(2);
  },
);

// Fault 15 of docs/faults.md.
test('two who roll the same tail at once take it off once', async () => {
  const fixture = await createFullTail();
  const before = await seen(fixture);
  const head = await fixture.head();
  const gate = createGate();
  fixture.faulty.fail('index.advanceTail', { kind: 'slow', gate, acts: 'late' });
  const slow = rollTail(fixture.faulty.stores.index, refA, head);
  await fixture.world.settle();
  await rollTail(fixture.truth.index, refA, head);
  gate.open();
  await slow;
  expect((await fixture.head()).rolls).toBe(2);
  expect(await seen(fixture)).toEqual(before);
});

test('an idle producer that wakes up while it is being evicted stays', async () => {
  const fixture = await createFullTail();
  await rollTail(fixture.truth.index, refA, await fixture.head());
  const broker = createBroker(fixture.truth, nodeCodecs, fixture.world, settingsOf());
  const append = async (name: string, id: number, sequence: number) =>
    lineOf(
      (
        await fixture.world.runUntil(broker.append([batchOf(name, 2, producerOf(id, sequence))]))
      )[0],
    );
  fixture.faulty.fail('index.advanceTail', { kind: 'before' });
  const stuck = createBroker(fixture.faulty.stores, nodeCodecs, fixture.world, settingsOf());
  for (let i = 0; i < tailEntriesPerPage - 3; i++) {
    await fixture.world.runUntil(stuck.append([batchOf(`x${i}`, 1, producerOf(999, i))]));
  }
  await stuck.idle();
  const gate = createGate();
  fixture.faulty.fail('index.advanceTail', { kind: 'slow', gate, acts: 'late' });
  // As if everybody had been idle for long.
  const head = await fixture.head();
  const old = { ...head, rolls: head.rolls + producerIdleRolls };
  const rolling = rollTail(fixture.faulty.stores.index, refA, old);
  await fixture.world.settle();
  expect(await fixture.truth.index.findParkedProducer(refA, '5')).toMatchObject({
    nextSequence: 2,
  });
  const awake = await append('awake', 5, 2);
  gate.open();
  await rolling;
  const after = await fixture.head();
  expect(after.producers[5]).toEqual({ epoch: 0, nextSequence: 4 });
  expect(knownSpans(after, '5')).toHaveLength(2);
  expect(await append('awake', 5, 2)).toBe(`${awake} duplicate`);
});
