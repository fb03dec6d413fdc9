/** lib/client/consumer/offset-tracker.js: only what has nothing unfinished before it may be committed. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createOffsetTracker } from '../../../lib/client/consumer/offset-tracker.js';

test('the position is the end of the finished beginning, whatever the order and the gaps', () => {
  const run = fc.tuple(fc.uniqueArray(fc.nat(5_000), { minLength: 1, maxLength: 300 }), fc.nat());
  fc.assert(
    fc.property(run, ([chosen, salt]) => {
      const offsets = [...chosen].sort((a, b) => a - b);
      const tracker = createOffsetTracker(0);
      for (const offset of offsets) tracker.started(offset);
      const order = [...offsets].sort(
        (a, b) => ((a * 7919 + salt) % 101) - ((b * 7919 + salt) % 101),
      );
      const open = new Set(offsets);
      for (const offset of order) {
        tracker.finished(offset);
        open.delete(offset);
        const firstOpen = offsets.find((one) => open.has(one));
        const before = offsets.filter((one) => firstOpen === undefined || one < firstOpen).at(-1);
        if (tracker.position() !== (before === undefined ? 0 : before + 1)) return false;
      }
      return true;
    }),
    { numRuns: 50 },
  );
});

test('it tells when nothing is being worked on', async () => {
  const tracker = createOffsetTracker(7);
  await tracker.idle();
  tracker.started(7);
  tracker.started(8);
  let idle = false;
  const waiting = tracker.idle().then(() => {
    idle = true;
  });
  tracker.finished(8);
  await Promise.resolve();
  expect([idle, tracker.position()]).toEqual([false, 7]);
  tracker.finished(7);
  await waiting;
  expect(tracker.position()).toBe(9);
});

test('what was passed over counts once all before it is finished', () => {
  const tracker = createOffsetTracker(3);
  tracker.passed(3);
  expect(tracker.position()).toBe(3);
  tracker.passed(7);
  expect(tracker.position()).toBe(7);
  tracker.started(7);
  tracker.started(9);
  tracker.passed(10);
  tracker.passed(14);
  expect(tracker.position()).toBe(7);
  tracker.finished(9);
  tracker.finished(7);
  expect(tracker.position()).toBe(14);
});
