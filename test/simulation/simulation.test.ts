/**
 * The promises of the log, held against a fixed set of simulated runs. A failing seed is printed with
 * the command that repeats it.
 */

import { expect, test } from 'vitest';
import { faultTable } from './fault-table.js';
import { judgeSeed, repeatCommand } from './judge.js';

const seedCount = 20;

// Faults 1, 6, 12, 16, 17 of docs/faults.md.
test('no promise is broken by faults, races, rolls, evictions, crashes and clocks', async () => {
  const injected = new Set<string>();
  const failing: string[] = [];
  for (let seed = 1; seed <= seedCount; seed++) {
    const { wrong, faults } = await judgeSeed(seed);
    for (const kind of faults.keys()) injected.add(kind);
    const told = wrong.slice(0, 3).map(({ anomaly, detail }) => `  ${anomaly}: ${detail}`);
    if (wrong.length > 0) failing.push([repeatCommand(seed), ...told].join('\n'));
  }
  expect(failing.join('\n')).toBe('');
  expect([...injected].sort()).toEqual(faultTable.map(({ kind }) => kind).sort());
}, 600_000);

test('one seed gives one history, byte for byte, another seed another', async () => {
  const jsonl = async (seed: number) => {
    const { events } = await judgeSeed(seed);
    return events.map((event) => JSON.stringify(event)).join('\n');
  };
  const first = await jsonl(3);
  expect(await jsonl(3)).toBe(first);
  expect(first.split('\n').length).toBeGreaterThan(1_000);
  expect(await jsonl(5)).not.toBe(first);
});
