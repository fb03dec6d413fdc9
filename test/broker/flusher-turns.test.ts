/** How long a flush waits for more: in turns of the event loop, which end here when they are told to. */

import { beforeEach, expect, test } from 'vitest';
import type { BrokerSettings } from '../../lib/broker/broker-settings.js';
import { createFlusher } from '../../lib/broker/flusher.js';
import { nodeCodecs } from '../../lib/runtime/node-codecs.js';
import { createGate } from '../support/faulty-stores.js';
import { batchOf, createFixture, type Fixture, refA, settingsOf } from './broker-fixture.js';
import { many, submit } from './flusher-requests.js';

let fixture: Fixture;
beforeEach(async () => {
  fixture = await createFixture([refA]);
});

function turningFlusher(settings: Partial<BrokerSettings> = {}) {
  const turns: (() => void)[] = [];
  const clock = { ...fixture.world.clock, afterTurn: (act: () => void) => void turns.push(act) };
  const world = { ...fixture.world, clock };
  const nothing = { committed() {}, vanished() {} };
  const { stores } = fixture.faulty;
  return {
    turns,
    flusher: createFlusher(stores, nodeCodecs, world, settingsOf(settings), nothing),
  };
}

test('what is large enough for a flush of its own waits for no turn', async () => {
  const { flusher } = turningFlusher({ flushBytesMin: 100 });
  void submit(flusher, many('small', 1));
  await fixture.world.settle();
  expect(fixture.faulty.count('objects.put')).toBe(0);
  expect(await submit(flusher, [batchOf('large', 20)])).toEqual(['1']);
  expect(fixture.faulty.count('objects.put')).toBe(1);
});

test('a flush waits for more while turns bring more, but not for ever', async () => {
  const { turns, flusher } = turningFlusher();
  /** Arrivals of a turn, then its end. */
  const turn = async (count: number) => {
    if (count > 0) void submit(flusher, many('x', count));
    turns.shift()?.();
    await fixture.world.settle();
    return fixture.faulty.count('objects.put');
  };
  void submit(flusher, many('first', 1));
  expect([await turn(1), await turn(4)]).toEqual([0, 0]);
  expect(await turn(4)).toBe(1);
  await fixture.world.advance(1_000);
  void submit(flusher, many('second', 1));
  expect([await turn(1), await turn(0)]).toEqual([1, 2]);
  await fixture.world.advance(1_000);
  void submit(flusher, many('alone', 1));
  expect(await turn(0)).toBe(3);
});

test('while a flush is under way nothing asks for turns', async () => {
  const gate = createGate();
  fixture.faulty.fail('objects.put', { kind: 'slow', gate, acts: 'late' });
  const { turns, flusher } = turningFlusher();
  const first = submit(flusher, many('first', 1));
  turns.shift()?.();
  const second = submit(flusher, many('second', 1));
  await fixture.world.settle();
  expect(turns).toHaveLength(0);
  gate.open();
  expect(await first).toEqual(['0']);
  await fixture.world.settle();
  expect(turns).toHaveLength(1);
  turns.shift()?.();
  expect(await second).toEqual(['1']);
});

test('it waits for those to come back who were just answered, but neither long nor for ever', async () => {
  const { turns, flusher } = turningFlusher();
  const turn = async (count = 0) => {
    if (count > 0) void submit(flusher, many('x', count));
    turns.shift()?.();
    await fixture.world.settle();
    return fixture.faulty.count('objects.put');
  };
  const answer = async () => {
    const before = fixture.faulty.count('objects.put');
    await fixture.world.advance(1_000);
    void submit(flusher, many('many', 4));
    expect(await turn()).toBe(before + 1);
    return before + 1;
  };
  const all = await answer();
  expect([await turn(1), await turn(), await turn(3)]).toEqual([all, all, all + 1]);
  const few = await answer();
  expect(await turn(1)).toBe(few);
  await fixture.world.advance(4);
  expect(await turn()).toBe(few + 1);
  const never = await answer();
  void submit(flusher, many('one', 1));
  let waited = 0;
  while ((await turn()) === never) waited++;
  expect(waited).toBe(19);
});
