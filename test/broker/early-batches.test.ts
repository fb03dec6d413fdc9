/** Batches that overtook the one they follow: put in order while that pays, and never kept for long. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createEarlyBatches } from '../../lib/broker/early-batches.js';
import type { AppendTicket, Ticket } from '../../lib/broker/ticket.js';
import { createManualWorld, manualStartMs } from '../support/manual-world.js';
import { refA } from './broker-fixture.js';

const waitMsMax = 200;

function ticketOf(baseSequence: number, facts: { producer?: string; epoch?: number } = {}): Ticket {
  const { producer = '7', epoch = 0 } = facts;
  return {
    ref: refA,
    parts: [],
    sizeBytes: 0,
    recordCount: 10,
    maxTimestampMs: 0,
    producer: { producer, epoch, baseSequence, nextSequence: baseSequence + 10 },
    settle: () => {},
  };
}

function early() {
  const world = createManualWorld();
  const handedOn: AppendTicket[] = [];
  const batches = createEarlyBatches(world.clock, waitMsMax, (tickets) =>
    handedOn.push(...tickets),
  );
  const sequences = () => handedOn.map(({ producer }) => producer?.baseSequence);
  return { world, batches, sequences, handedOn };
}

test('however requests overtake each other, batches are handed on in their order', () => {
  const row = Array.from({ length: 6 }, (_, i) => i * 10);
  const property = fc.property(fc.shuffledSubarray(row, { minLength: 6 }), (arrival) => {
    const { batches, sequences } = early();
    for (const baseSequence of arrival) batches.submit([ticketOf(baseSequence)]);
    expect(sequences()).toEqual(row);
  });
  fc.assert(property);
});

test('what waits in vain goes on after a moment, with those that waited for it', async () => {
  const { world, batches, sequences } = early();
  for (const baseSequence of [0, 30, 20]) batches.submit([ticketOf(baseSequence)]);
  expect(sequences()).toEqual([0]);
  const idle = batches.idle();
  await world.runUntil(idle);
  expect(sequences()).toEqual([0, 20, 30]);
  expect(world.clock.nowMs()).toBe(manualStartMs + waitMsMax);
});

test('retries, older epochs, new epochs and batches without a producer do not wait', () => {
  const { batches, sequences, handedOn } = early();
  batches.submit([ticketOf(0), ticketOf(10), ticketOf(0)]);
  batches.submit([ticketOf(0, { epoch: 1 }), ticketOf(20, { epoch: 0 })]);
  const { producer: _, ...plain } = ticketOf(0);
  batches.submit([plain]);
  expect(sequences()).toEqual([0, 10, 0, 0, 20, undefined]);
  expect(handedOn).toHaveLength(6);
});

test('producers do not wait for each other', () => {
  const { batches, handedOn } = early();
  batches.submit([ticketOf(10, { producer: '1' }), ticketOf(0, { producer: '2' })]);
  expect(handedOn.map(({ producer }) => producer?.producer)).toEqual(['2']);
  batches.submit([ticketOf(0, { producer: '1' })]);
  expect(handedOn.map(({ producer }) => producer?.producer)).toEqual(['2', '1', '1']);
});

test('with no time to wait nothing does', () => {
  const handedOn: AppendTicket[] = [];
  const { clock } = createManualWorld();
  const batches = createEarlyBatches(clock, 0, (tickets) => handedOn.push(...tickets));
  batches.submit([ticketOf(10), ticketOf(0)]);
  expect(handedOn).toHaveLength(2);
});
