/**
 * lib/jobs/sweep-topics.js and the part of lib/jobs/maintenance.js that calls it: of a deleted topic nothing
 * is left, wherever its deletion or its sweep was stopped, and no other topic loses anything.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createTopics, type Topics } from '../../lib/broker/topics.js';
import { jobDefaults } from '../../lib/jobs/job-settings.js';
import { createMaintenance } from '../../lib/jobs/maintenance.js';
import { sweepTopics } from '../../lib/jobs/sweep-topics.js';
import type { IndexPage } from '../../lib/log/index-page.js';
import type { PartitionRef } from '../../lib/log/partition-head.js';
import type { ParkedProducer } from '../../lib/log/producer-state.js';
import { formatSegmentKey, segmentsOfTopic } from '../../lib/log/segment-key.js';
import { nodeCodecs } from '../../lib/runtime/node-codecs.js';
import { createLocalStores } from '../../lib/store/local/local-stores.js';
import { createMemoryStores } from '../../lib/store/memory/memory-store.js';
import type { Stores } from '../../lib/store/stores.js';
import type { Topic } from '../../lib/store/topic-store.js';
import { entry } from '../conformance/log-builders.js';
import { createFaultyStores, type FaultyStores } from '../support/faulty-stores.js';
import { createManualWorld, type ManualWorld } from '../support/manual-world.js';

const graceMs = 60_000;
const { stamps: _, ...location } = entry(9);
const page: IndexPage = {
  ...{ baseOffset: 0, nextOffset: 9, maxTimestampMs: 5, endBytes: 7 },
  locations: [location],
};
const parked: ParkedProducer = { epoch: 0, nextSequence: 1, spans: [], lastBaseOffset: 0 };

type Place = { readonly stores: Stores; close(): Promise<void> };

const places: readonly [string, () => Promise<Place>][] = [
  [
    'memory',
    async () => {
      const stores = createMemoryStores();
      return { stores, close: () => stores.close() };
    },
  ],
  [
    'local',
    async () => {
      const dataDir = await mkdtemp(join(tmpdir(), 'logbrook-sweep-'));
      const stores = await createLocalStores({ dataDir });
      const close = async () => {
        await stores.close();
        await rm(dataDir, { recursive: true });
      };
      return { stores, close };
    },
  ],
];

describe.each(places)('on %s stores', (_name, open) => {
  let place: Place;
  let faulty: FaultyStores;
  let stores: Stores;
  let world: ManualWorld;
  let topics: Topics;
  beforeEach(async () => {
    place = await open();
    faulty = createFaultyStores(place.stores);
    stores = faulty.stores;
    world = createManualWorld();
    topics = createTopics(stores, world, 0);
  });
  afterEach(() => place.close());

  const refsOf = ({ topicId, partitionCount }: Topic): PartitionRef[] =>
    Array.from({ length: partitionCount }, (_, partition) => ({ topicId, partition }));

  /** Segments, pages, producers and notes in every partition. */
  async function filled(name: string): Promise<Topic> {
    const topic = await topics.create(name, 2);
    for (const ref of refsOf(topic)) {
      const key = formatSegmentKey({ ref, baseOffset: 0, leaderEpoch: 1, uuid: world.uuid() });
      const writer = await stores.objects.create(key);
      await writer.append(Uint8Array.of(1, 2, 3));
      await writer.finish();
      await stores.index.writePage(ref, page);
      await stores.index.parkProducer(ref, 'p', parked);
      await stores.index.writeNotes(ref, 1, 'notes');
    }
    return topic;
  }

  async function remains(topic: Topic): Promise<unknown[]> {
    const { objects, index } = place.stores;
    const found: unknown[] = [...(await objects.list(segmentsOfTopic(topic.topicId), 10))];
    for (const ref of refsOf(topic)) {
      found.push(...(await index.findPages(ref, 0, 10)));
      found.push(await index.readHead(ref), await index.findParkedProducer(ref, 'p'));
      found.push(await index.readNotes(ref));
    }
    return found.filter((one) => one !== undefined);
  }

  const sweep = () => sweepTopics(stores, world.clock.nowMs(), graceMs, () => true);

  test('a grace period after the deletion nothing is left, and others keep all', async () => {
    const [gone, stays] = [await filled('gone'), await filled('stays')];
    const all = await remains(stays);
    await topics.delete('gone');
    await world.advance(graceMs - 1);
    expect(await sweep()).toBe(0);
    expect(await stores.objects.list(segmentsOfTopic(gone.topicId), 10)).toHaveLength(2);
    await world.advance(1);
    expect(await sweep()).toBe(1);
    expect(await remains(gone)).toEqual([]);
    expect(await remains(stays)).toEqual(all);
    expect(all.length).toBeGreaterThan(8);
    expect(await stores.topics.buried(10)).toEqual([]);
    expect(await sweep()).toBe(0);
  });

  test('the name made again at once is a new topic, which the sweep of the old one leaves alone', async () => {
    const old = await filled('again');
    await topics.delete('again');
    const made = await filled('again');
    expect(made.topicId).not.toBe(old.topicId);
    const all = await remains(made);
    await world.advance(graceMs);
    expect(await sweep()).toBe(1);
    expect(await remains(old)).toEqual([]);
    expect(await remains(made)).toEqual(all);
    expect(await topics.find('again')).toEqual(made);
  });

  test('a deletion that came no further than the list has deleted nothing', async () => {
    const topic = await filled('alive');
    const all = await remains(topic);
    faulty.fail('topics.delete', { kind: 'before' });
    await expect(topics.delete('alive')).rejects.toThrow();
    expect(await stores.topics.buried(10)).toHaveLength(1);
    await world.advance(graceMs);
    expect(await sweep()).toBe(0);
    expect(await remains(topic)).toEqual(all);
    expect(await stores.topics.buried(10)).toEqual([]);
    await topics.delete('alive');
    await world.advance(graceMs);
    expect(await sweep()).toBe(1);
    expect(await remains(topic)).toEqual([]);
  });

  test('a deletion that came no further than the name is brought to its end, and then waits', async () => {
    const topic = await filled('half');
    faulty.fail('index.deletePartitions', { kind: 'before' });
    await expect(topics.delete('half')).rejects.toThrow();
    await world.advance(graceMs);
    expect(await sweep()).toBe(0);
    expect(await stores.index.readHead({ topicId: topic.topicId, partition: 1 })).toBeUndefined();
    expect(await stores.objects.list(segmentsOfTopic(topic.topicId), 10)).toHaveLength(2);
    await world.advance(graceMs - 1);
    expect(await sweep()).toBe(0);
    await world.advance(1);
    expect(await sweep()).toBe(1);
    expect(await remains(topic)).toEqual([]);
  });

  const stops = ['index.sweepPartition', 'objects.deletePrefix', 'topics.forget'] as const;
  test.each(stops)('a sweep that stops at %s begins again', async (method) => {
    for (const kind of ['before', 'lost'] as const) {
      const topic = await filled(`stopped-${kind}`);
      await topics.delete(topic.name);
      await world.advance(graceMs);
      faulty.fail(method, { kind });
      await expect(sweep()).rejects.toThrow();
      await sweep();
      expect(await remains(topic)).toEqual([]);
      expect(await stores.topics.buried(10)).toEqual([]);
    }
  });

  test('without time nothing is begun; in time a run of maintenance does it and tells', async () => {
    const topic = await filled('gone');
    await topics.delete('gone');
    await world.advance(graceMs);
    expect(await sweepTopics(stores, world.clock.nowMs(), graceMs, () => false)).toBe(0);
    const settings = { ...jobDefaults, graceMs };
    const maintenance = createMaintenance(stores, nodeCodecs, world, settings, async () => 3);
    faulty.fail('topics.buried', { kind: 'before' });
    const failed = await maintenance.run();
    expect(failed).toMatchObject({ topicsSwept: 0, groupsExpired: 3 });
    expect(failed.failures).toEqual([expect.stringContaining('deleted topics: ')]);
    expect(await maintenance.run()).toMatchObject({ topicsSwept: 1, failures: [] });
    expect(await remains(topic)).toEqual([]);
  });
});
