/**
 * `npm run sim`: soaks. --seeds N and --minutes M bound it, --seed S is the first one, --history FILE
 * keeps the last history, --bugs reports what each deliberate bug takes to be caught. The exit status is
 * 1 when anything was wrong.
 */

import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { allBugs } from './bugs/all-bugs.js';
import { catchBug, judgeSeed, repeatCommand } from './judge.js';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100' },
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    history: { type: 'string' },
    bugs: { type: 'boolean', default: false },
    starts: { type: 'string', default: '5' },
  },
});

const say = (line: string) => void process.stdout.write(`${line}\n`);

function wholeNumber(name: 'seeds' | 'minutes' | 'seed' | 'starts'): number {
  const number = Number(values[name]);
  if (Number.isSafeInteger(number) && number >= 1) return number;
  throw new Error(`--${name} takes a whole number of at least 1, not ${values[name]}`);
}

async function soak(): Promise<number> {
  const [first, count] = [wholeNumber('seed'), wholeNumber('seeds')];
  const untilMs = Date.now() + wholeNumber('minutes') * 60_000;
  const operations = new Map<string, number>();
  const faults = new Map<string, number>();
  let failed = 0;
  let seed = first;
  for (; seed < first + count && Date.now() < untilMs; seed++) {
    const judged = await judgeSeed(seed);
    add(operations, judged.operations);
    add(faults, judged.faults);
    if (values.history) {
      const lines = judged.events.map((event) => `${JSON.stringify(event)}\n`);
      writeFileSync(values.history, lines.join(''));
    }
    if (judged.wrong.length === 0) continue;
    failed++;
    say(`seed ${seed}: ${repeatCommand(seed)}`);
    for (const { anomaly, detail } of judged.wrong.slice(0, 10)) say(`  ${anomaly}: ${detail}`);
  }
  say(`seeds: ${seed - first}, from ${first}; with violations: ${failed}`);
  say(`operations: ${listed(operations)}`);
  say(`faults: ${listed(faults)}`);
  return failed === 0 ? 0 : 1;
}

function add(sums: Map<string, number>, more: ReadonlyMap<string, number>): void {
  for (const [name, count] of more) sums.set(name, (sums.get(name) ?? 0) + count);
}

function listed(sums: ReadonlyMap<string, number>): string {
  const total = [...sums.values()].reduce((sum, count) => sum + count, 0);
  const parts = [...sums].sort().map(([name, count]) => `${name} ${count}`);
  return `${total} (${parts.join(', ')})`;
}

/** The table of docs/reliability.md. */
async function measureBugs(): Promise<number> {
  const starts = wholeNumber('starts');
  let missed = 0;
  say('| deliberate bug | what is wrong | noticed as | mean seeds |\n|---|---|---|---|');
  for (const bug of allBugs) {
    const needed: number[] = [];
    const seen = new Set<string>();
    for (let start = 0; start < starts; start++) {
      const caught = await catchBug(bug, 1 + start * 100, 60);
      if (caught.seedsNeeded === undefined) missed++;
      needed.push(caught.seedsNeeded ?? Number.NaN);
      for (const anomaly of caught.anomalies)
        if (bug.anomalies.includes(anomaly)) seen.add(anomaly);
    }
    const mean = needed.reduce((sum, count) => sum + count, 0) / starts;
    say(`| ${bug.name} | ${bug.what} | ${[...seen].sort().join(', ')} | ${mean.toFixed(1)} |`);
  }
  return missed === 0 ? 0 : 1;
}

process.exitCode = values.bugs ? await measureBugs() : await soak();
