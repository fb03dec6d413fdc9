/** Histories of a correct log never show an anomaly, whatever was lost or late on the way. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { checkHistory } from '../../lib/checker/checker.js';
import { formatEvent, parseHistory } from '../../lib/checker/history-lines.js';
import { runCorrectLog } from './correct-log.js';

const steps = fc.array(fc.record({ who: fc.nat({ max: 5 }), dice: fc.nat({ max: 255 }) }), {
  minLength: 50,
  maxLength: 400,
});

test('a correct log has no anomaly, with or without retention', () => {
  let acknowledged = 0;
  let unknown = 0;
  fc.assert(
    fc.property(steps, (given) => {
      const verdict = checkHistory(runCorrectLog(given, 6), { retention: false });
      acknowledged += verdict.counts.acknowledgedRecords;
      unknown += verdict.counts.unknown;
      expect(verdict.violations).toEqual([]);
    }),
    { numRuns: 300 },
  );
  expect(acknowledged).toBeGreaterThan(1_000);
  expect(unknown).toBeGreaterThan(1_000);
});

test('one record that vanishes, moves or comes twice is always noticed', () => {
  fc.assert(
    fc.property(steps, fc.nat(), fc.constantFrom('vanish', 'swap', 'twice'), (given, at, how) => {
      const events = [...parseHistory(runCorrectLog(given, 6).map(formatEvent))];
      const finals = events.filter(
        (e) => e.type === 'ok' && e.op === 'read' && e.process === 'f' && e.records.length > 1,
      );
      fc.pre(finals.length > 0);
      const spoilt = finals[at % finals.length];
      if (spoilt?.type !== 'ok' || spoilt.op !== 'read') throw new Error('not a read');
      const records = spoilt.records.map(([offset, value]): [number, string] => [offset, value]);
      const [first, second] = records as [[number, string], [number, string]];
      // Of two whose appends were never answered, and which nobody else saw, either could be the first.
      const seenElsewhere = events.some(
        (e) =>
          e !== spoilt &&
          e.type === 'ok' &&
          e.op === 'read' &&
          e.records.some(([, value]) => value === first[1] || value === second[1]),
      );
      fc.pre(how !== 'swap' || seenElsewhere);
      if (how === 'vanish') records.shift();
      else if (how === 'swap') [first[1], second[1]] = [second[1], first[1]];
      else second[1] = first[1];
      const changed = events.map((event) => (event === spoilt ? { ...spoilt, records } : event));
      expect(checkHistory(changed).valid).toBe(false);
    }),
    { numRuns: 200 },
  );
});
