/** Walking over what is in segments: every page once, in order, over as many looks as it takes. */

import { expect, test } from 'vitest';
import { segmentPages } from '../../lib/jobs/segment-pages.js';
import { tailEntriesPerPage } from '../../lib/log/limits.js';
import { refA } from '../broker/broker-fixture.js';
import { createJobsFixture, hourMs } from './jobs-fixture.js';

test('from the page that holds the first offset to the one that holds the last', async () => {
  const fixture = await createJobsFixture(1, 150);
  await fixture.fill(tailEntriesPerPage * 70);
  await fixture.world.advance(2 * hourMs);
  await fixture.maintain({ configs: { segmentBytes: 1 } });
  await fixture.fill(tailEntriesPerPage * 2);
  const head = await fixture.head();
  const walk = async (from: number, to: number) => {
    const ends: number[] = [];
    for await (const page of segmentPages(fixture.truth.index, refA, head, from, to)) {
      ends.push(page.nextOffset);
    }
    return ends;
  };
  const all = (await fixture.pages()).map(({ nextOffset }) => nextOffset);
  const inSegments = all.filter((end) => end <= head.compactedTo);
  expect(inSegments).toHaveLength(70);
  expect(all.length).toBeGreaterThan(70);
  expect(await walk(0, head.nextOffset)).toEqual(inSegments);
  const [first = 0, second = 0] = inSegments;
  expect(await walk(first, second)).toEqual([second]);
  expect(await walk(first - 1, first + 1)).toEqual([first, second]);
  expect(await walk(5, 5)).toEqual([]);
});
