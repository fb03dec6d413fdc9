/** Lines of a history, near and far from valid: an event, or HistoryError with the number of the line. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createChecker } from '../../lib/checker/checker.js';
import { HistoryError, parseHistory } from '../../lib/checker/history-lines.js';
import { fuzzRuns, fuzzTimeoutMs } from './fuzz-runs.js';
import { jsonText, nearlyDocument, nearlyJson, veryDeep } from './hostile-json.js';

const event = fc.constantFrom(
  {
    type: 'invoke',
    process: 'p',
    op: 'append',
    log: 't/0',
    values: ['a', 'b'],
    producer: { producerId: 1, epoch: 0, baseSequence: 0 },
  },
  { type: 'invoke', process: 'p', op: 'read', log: 't/0', offset: 3, final: true },
  { type: 'invoke', process: 'p', op: 'fence', log: 't/0', token: null },
  { type: 'invoke', process: 'p', op: 'trim', log: 't/0', offset: 5 },
  { type: 'ok', process: 'p', op: 'append', baseOffset: 7, atMs: 5 },
  {
    type: 'ok',
    process: 'p',
    op: 'read',
    records: [[0, 'a']],
    nextOffset: 1,
    highWatermark: 1,
    logStartOffset: 0,
  },
  { type: 'fail', process: 'p', code: 'OFFSET_OUT_OF_RANGE', earliest: 4 },
  { type: 'unknown', process: 'p' },
);

/** How many events were read; anything but a HistoryError fails the test. */
function read(text: string): number {
  let count = 0;
  const judge = createChecker();
  try {
    for (const found of parseHistory(text)) {
      count++;
      judge.add(found);
    }
  } catch (error) {
    if (!(error instanceof HistoryError)) throw error;
    expect(error.line).toBeGreaterThanOrEqual(count);
  }
  return count;
}

test(
  'lines are events, or refused with their number',
  () => {
    let events = 0;
    const lines = fc.array(nearlyDocument(event).map(jsonText), { maxLength: 4 });
    const property = fc.property(lines, (all) => {
      events += read(all.join('\n'));
    });
    fc.assert(property, fuzzRuns(600));
    expect(events).toBeGreaterThan(0);
  },
  fuzzTimeoutMs,
);

test(
  'damaged text is refused the same way',
  () => {
    const property = fc.property(nearlyJson(event), (bytes) => {
      read(new TextDecoder().decode(bytes));
    });
    fc.assert(property, fuzzRuns(600));
  },
  fuzzTimeoutMs,
);

test.each([
  ['a type', { type: veryDeep }],
  ['an op', { type: 'ok', op: veryDeep }],
  ['an op without a text', { type: 'ok', op: { toString: 1 } }],
])('%s that nobody can print is refused, not thrown over', (_what, line) => {
  expect(read(jsonText(line))).toBe(0);
});
