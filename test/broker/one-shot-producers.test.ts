/**
 * Producers that write once and never again (a function started for one request) must not make a head
 * grow without end, and a retry of theirs is recognised however long ago they were evicted.
 */

import { expect, test } from 'vitest';
import { acceptRecords } from '../../lib/broker/accept-records.js';
import { createBroker } from '../../lib/broker/broker.js';
import { brokerDefaults } from '../../lib/broker/broker-settings.js';
import { producersInHeadHardMax, tailEntriesPerPage } from '../../lib/log/limits.js';
import { createJsonLogger } from '../../lib/runtime/json-logger.js';
import { nodeCodecs } from '../../lib/runtime/node-codecs.js';
import { createNodeWorld } from '../../lib/runtime/node-world.js';
import { createMemoryStores } from '../../lib/store/memory/memory-store.js';

const producersPerRound = 16;
const rounds = 120;

test('a head lets go of producers that write once, and still knows their batches', async () => {
  const world = createNodeWorld(createJsonLogger('silent'));
  const broker = createBroker(createMemoryStores(), nodeCodecs, world, brokerDefaults);
  const { topicId } = await broker.topics.create('one-shot', 1);
  const ref = { topicId, partition: 0 };
  const record = { key: null, value: new Uint8Array(1), headers: [], timestampMs: 1 };
  const batchOf = (producerId: number) =>
    acceptRecords(ref, [record], nodeCodecs, 1, { producerId, producerEpoch: 0, baseSequence: 0 });
  const ids = (round: number) =>
    Array.from({ length: producersPerRound }, (_, i) => round * producersPerRound + i);

  const firstOffsets: number[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const result of await broker.append(ids(round).map(batchOf))) {
      if (result.kind === 'failed') throw result.error;
      firstOffsets.push(result.baseOffset);
    }
    await broker.idle();
    const { producers } = await broker.head(ref);
    const newlyArrived = producersPerRound * tailEntriesPerPage;
    expect(Object.keys(producers).length).toBeLessThanOrEqual(
      producersInHeadHardMax + newlyArrived,
    );
  }

  const again = await broker.append(ids(0).map(batchOf));
  expect(again).toMatchObject(
    firstOffsets
      .slice(0, producersPerRound)
      .map((baseOffset) => ({ kind: 'appended', duplicate: true, baseOffset })),
  );
  expect((await broker.head(ref)).nextOffset).toBe(rounds * producersPerRound);
});
