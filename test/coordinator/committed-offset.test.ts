/** lib/coordinator/committed-offset.js: the fence beside an offset. */

import { expect, test } from 'vitest';
import {
  type CommitTerms,
  decideCommitOffset,
  decideRaiseFence,
  type OffsetEntry,
} from '../../lib/coordinator/committed-offset.js';

const at = (offset: number) => ({ topic: 'access', offset, metadata: '', committedAtMs: 1 });
const entry = (fence: number, offset?: number): OffsetEntry => ({
  fence,
  committed: offset === undefined ? null : at(offset),
});

const cases: [OffsetEntry | undefined, CommitTerms['by'], number, number, string, number?][] = [
  [undefined, 'owner', 5, 1, 'fenced'],
  [undefined, 'outsider', 5, 1, 'committed', 5],
  [undefined, 'reset', 5, 1, 'committed', 5],
  [entry(5), 'owner', 4, 1, 'fenced'],
  [entry(5), 'owner', 5, 1, 'committed', 5],
  [entry(5), 'owner', 9, 1, 'committed', 5],
  [entry(5), 'outsider', 9, 1, 'committed', 9],
  [entry(5), 'outsider', 4, 1, 'fenced'],
  [entry(5), 'reset', 4, 1, 'fenced'],
  [entry(5, 7), 'owner', 5, 6, 'behind'],
  [entry(5, 7), 'owner', 5, 7, 'committed', 5],
  [entry(5, 7), 'outsider', 5, 6, 'behind'],
  [entry(5, 7), 'reset', 6, 6, 'committed', 6],
];
test.each(cases)('%j, %s at epoch %i, offset %i: %s', (before, by, epoch, offset, kind, fence) => {
  const decision = decideCommitOffset(before, { by, epoch }, at(offset));
  expect(decision.kind).toBe(kind);
  if (decision.kind === 'committed')
    expect(decision.entry).toEqual({ fence, committed: at(offset) });
  if (decision.kind === 'behind') expect(decision.offset).toBe(7);
});

test('a fence rises and never falls, and keeps what is committed', () => {
  expect(decideRaiseFence(undefined, 3)).toEqual(entry(3));
  expect(decideRaiseFence(entry(3, 9), 5)).toEqual(entry(5, 9));
  expect(decideRaiseFence(entry(3), 3)).toEqual(entry(3));
  expect(decideRaiseFence(entry(4), 3)).toBeUndefined();
});
