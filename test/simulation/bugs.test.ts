/**
 * The harness is worth what it notices: every deliberate bug is caught, and for what it is. How many
 * seeds it takes on average: `npm run sim -- --bugs`.
 */

import { expect, test } from 'vitest';
import { allBugs } from './bugs/all-bugs.js';
import { catchBug } from './judge.js';

const seedsMax = 60;

// Fault 42 of docs/faults.md.
test.each(allBugs)(
  '$name: $what',
  async (bug) => {
    const { seedsNeeded, anomalies } = await catchBug(bug, 1, seedsMax);
    expect(seedsNeeded, 'it is not noticed').toBeDefined();
    expect(anomalies.some((anomaly) => bug.anomalies.includes(anomaly))).toBe(true);
  },
  300_000,
);

test('no two deliberate bugs share a name', () => {
  const names = allBugs.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  expect(names.length).toBeGreaterThanOrEqual(20);
});
