/** What is wrong with commits of offsets, and what is told about each. */

import { expect, test } from 'vitest';
import { checkCommits, offsetErrorOf } from '../../lib/broker/offset-errors.js';
import { offsetMetadataBytesMax } from '../../lib/coordinator/group-limits.js';
import type { OffsetOutcome } from '../../lib/store/group-store.js';
import { StoreError } from '../../lib/store/store-error.js';

const commitOf = (partition: number, metadata = '') => ({ topic: 't', partition, metadata });

test('a partition is in a request once, and its metadata is measured in bytes', () => {
  const longest = 'é'.repeat(offsetMetadataBytesMax / 2);
  expect(() => checkCommits([commitOf(0, longest), commitOf(1)])).not.toThrow();
  expect(() => checkCommits([commitOf(0), commitOf(1), commitOf(0)])).toThrow(/^t\/0 .* once/);
  expect(() => checkCommits([commitOf(1, `${longest}x`)])).toThrow(
    expect.objectContaining({
      code: 'OFFSET_METADATA_TOO_LARGE',
      details: { limitBytes: offsetMetadataBytesMax },
    }),
  );
});

const storeError = new StoreError('why', { reason: 'unavailable', effect: 'unknown' });

test.each<[OffsetOutcome, object | undefined]>([
  [{ kind: 'committed' }, undefined],
  [{ kind: 'fenced' }, { code: 'REBALANCE_IN_PROGRESS', sideEffects: 'none' }],
  [
    { kind: 'behind', offset: 9 },
    { code: 'OFFSET_BEHIND_COMMITTED', details: { committed: 9 }, sideEffects: 'none' },
  ],
  [
    { kind: 'failed', error: storeError },
    { code: 'KAFKA_STORAGE_ERROR', sideEffects: 'unknown', cause: storeError },
  ],
])('what is %j is told so', (outcome, error) => {
  const told = offsetErrorOf({ topic: 't', partition: 3 }, outcome);
  if (error) expect(told).toMatchObject(error);
  else expect(told).toBeUndefined();
});
