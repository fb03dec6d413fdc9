/** Writing a segment: what was stored, placed, in bounded memory; nothing that is corrupt. */

import { beforeEach, expect, test } from 'vitest';
import { writeSegment } from '../../lib/jobs/write-segment.js';
import { CorruptData } from '../../lib/log/corrupt-data.js';
import { tailEntriesPerPage } from '../../lib/log/limits.js';
import { decodeSegmentIndex, segmentMagic } from '../../lib/log/segment-object.js';
import { nodeCodecs } from '../../lib/runtime/node-codecs.js';
import type { ObjectStore } from '../../lib/store/object-store.js';
import { flipped, missing } from '../support/faulty-stores.js';
import { createJobsFixture, type JobsFixture } from './jobs-fixture.js';

let fixture: JobsFixture;
beforeEach(async () => {
  fixture = await createJobsFixture();
  await fixture.fill(tailEntriesPerPage * 8);
});

async function write(objects: ObjectStore, memoryBytesMax: number) {
  const segment = { key: 'segments/s', pages: await fixture.pages(), leaderEpoch: 7 };
  return writeSegment(objects, nodeCodecs, { ...segment, memoryBytesMax });
}

test('where it lies is what the index at its end says', async () => {
  const { truth } = fixture;
  let written = 0;
  const create: ObjectStore['create'] = async (key) => {
    const writer = await truth.objects.create(key);
    const append: typeof writer.append = (bytes) => {
      written += bytes.length;
      return writer.append(bytes);
    };
    return { ...writer, append };
  };
  const location = await write({ ...truth.objects, create }, 1_000_000);
  const { nextOffset } = await fixture.head();
  expect(location).toMatchObject({ position: segmentMagic.length, recordCount: nextOffset });
  const whole = await truth.objects.read('segments/s', 0, written);
  if (whole.kind !== 'bytes') throw new Error('it is not there');
  const index = decodeSegmentIndex(whole.bytes, nodeCodecs);
  expect(index).toMatchObject({
    baseOffset: 0,
    nextOffset,
    maxTimestampMs: location.maxTimestampMs,
  });
});

test('what is read ahead of the writer stays below the bound, however long the segment', async () => {
  const { objects } = fixture.truth;
  let [held, most, total] = [0, 0, 0];
  const read: ObjectStore['read'] = (key, position, sizeBytes) => {
    held += sizeBytes;
    most = Math.max(most, held);
    total += sizeBytes;
    return objects.read(key, position, sizeBytes);
  };
  const create: ObjectStore['create'] = async () => ({
    append: async ({ length }) => {
      held = Math.max(0, held - length);
    },
    finish: async () => {},
    abort: async () => {},
  });
  await write({ ...objects, read, create }, 2_000);
  expect(most).toBeLessThanOrEqual(1_000);
  expect(total).toBeGreaterThan(5 * most);
});

test('one batch larger than the bound is written all the same', async () => {
  const location = await write(fixture.truth.objects, 1);
  expect(location.recordCount).toBe((await fixture.head()).nextOffset);
});

test.each([
  ['a byte that changed', flipped(70), CorruptData],
  ['an object that is missing', missing, /is missing/],
  ['a store that fails', { kind: 'before' } as const, /fails/],
])('%s gives the segment up', async (_what, fault, error) => {
  fixture.faulty.fail('objects.read', undefined, 9);
  fixture.faulty.fail('objects.read', fault);
  await expect(write(fixture.faulty.stores.objects, 1_000)).rejects.toThrow(error);
  expect(await fixture.keys('segments/')).toEqual([]);
});
