/** Conditions that a partition does not meet: the error says what it has instead. */

import { expect, test } from 'vitest';
import { type ConditionRefusal, conditionError } from '../../lib/broker/condition-error.js';

test.each<[ConditionRefusal, object]>([
  [{ kind: 'closed' }, { code: 'PARTITION_CLOSED', details: {} }],
  [
    { kind: 'expectedOffset', nextOffset: 7 },
    { code: 'EXPECTED_OFFSET_MISMATCH', details: { actualNextOffset: 7 } },
  ],
  [
    { kind: 'fencingToken', actual: null },
    { code: 'FENCING_TOKEN_MISMATCH', details: { actualToken: null } },
  ],
])('%j', (refusal, error) => {
  expect(conditionError(refusal)).toMatchObject({ ...error, sideEffects: 'none' });
});
