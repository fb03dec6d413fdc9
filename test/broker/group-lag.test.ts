/** lib/broker/group-lag.ts: the lag in time goes by what is left to read, and one row hides no other. */

import { beforeEach, expect, test } from 'vitest';
import { lagOf } from '../../lib/broker/group-lag.js';
import { newGroup } from '../../lib/coordinator/group.js';
import { createJobsFixture, hourMs, type JobsFixture } from '../jobs/jobs-fixture.js';
import { refA } from './broker-fixture.js';

let fixture: JobsFixture;
beforeEach(async () => {
  fixture = await createJobsFixture(2);
});

async function lagFromStart() {
  const { faulty, refs, world } = fixture;
  const committed = refs.map((ref) => ({
    ref,
    topic: 't',
    offset: 0,
    metadata: '',
    committedAtMs: 0,
  }));
  const nowMs = world.clock.nowMs();
  const rows = await lagOf(faulty.stores, newGroup('uid', 0), committed, nowMs);
  return rows.map(({ lag, lagMs }) => [lag, lagMs]);
}

async function compactInto(cleanupPolicy: { delete: boolean; compact: boolean }): Promise<void> {
  await fixture.world.advance(2 * hourMs);
  await fixture.maintain({
    configs: { cleanupPolicy, segmentBytes: 1, minCleanableDirtyRatio: 0 },
  });
}

test('what was compacted away is not waited for', async () => {
  await fixture.put([['k', 'old']]);
  await compactInto({ delete: false, compact: true });
  await fixture.put([['k', 'new']]);
  await compactInto({ delete: false, compact: true });
  expect(await fixture.readKeyed()).toEqual(['k=new@1']);
  expect(await lagFromStart()).toEqual([
    [2, 2 * hourMs],
    [0, 0],
  ]);
});

test('where the index has moved on since the head was read the other partitions are told', async () => {
  await fixture.put([['k', 'v']]);
  await compactInto({ delete: true, compact: false });
  await fixture.fill(1, { ...refA, partition: 1 });
  await fixture.world.advance(hourMs);
  fixture.faulty.fail('index.findPages', { kind: 'altered', change: () => [] });
  expect(await lagFromStart()).toEqual([
    [1, null],
    [1, hourMs],
  ]);
});
