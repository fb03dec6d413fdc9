/** Reading for maintenance: all batches in order, however little is held at once; nothing that is wrong. */

import { beforeEach, expect, test } from 'vitest';
import { readPages } from '../../lib/jobs/read-locations.js';
import { tailEntriesPerPage } from '../../lib/log/limits.js';
import { nodeCodecs } from '../../lib/runtime/node-codecs.js';
import { flipped, missing } from '../support/faulty-stores.js';
import { createJobsFixture, hourMs, type JobsFixture } from './jobs-fixture.js';

let fixture: JobsFixture;
beforeEach(async () => {
  fixture = await createJobsFixture(1, 150);
  await fixture.fill(tailEntriesPerPage * 3);
});

async function offsets(memoryBytesMax: number): Promise<number[]> {
  const { objects } = fixture.faulty.stores;
  const found: number[] = [];
  const pages = await fixture.pages();
  for await (const { bytes, batches } of readPages(objects, nodeCodecs, pages, 3, memoryBytesMax)) {
    expect(batches.reduce((sum, { header }) => sum + header.sizeBytes, 0)).toBe(bytes.length);
    for (const { header } of batches) found.push(header.baseOffset);
  }
  return found;
}

test('from WAL objects and from a segment, in pieces of any size', async () => {
  const all = await offsets(1_000_000);
  expect(all).toHaveLength(tailEntriesPerPage * 3);
  expect(await offsets(1)).toEqual(all);
  await fixture.world.advance(2 * hourMs);
  await fixture.maintain();
  expect(await offsets(1)).toEqual(all);
  expect(await offsets(500)).toEqual(all);
});

test.each([
  ['a byte that changed', flipped(70), /CRC/],
  ['an object that is missing', missing, /is missing/],
])('%s ends it', async (_what, fault, message) => {
  fixture.faulty.fail('objects.read', undefined, 9);
  fixture.faulty.fail('objects.read', fault);
  await expect(offsets(1_000)).rejects.toThrow(message);
});
