/**
 * What an append is told whose condition the partition does not meet: it is closed, ends at another offset,
 * or carries another fencing token. Trying again would change nothing.
 */

import type { Refusal } from '../log/commit.js';
import { BrokerError } from './broker-error.js';

export type ConditionRefusal = Extract<
  Refusal,
  { kind: 'closed' | 'expectedOffset' | 'fencingToken' }
>;

export function conditionError(refusal: ConditionRefusal): BrokerError {
  if (refusal.kind === 'closed') {
    const message = 'The partition is closed: other partitions go on in its place.';
    return new BrokerError('PARTITION_CLOSED', message);
  }
  if (refusal.kind === 'expectedOffset') {
    const { nextOffset } = refusal;
    return new BrokerError('EXPECTED_OFFSET_MISMATCH', `The log ends at ${nextOffset}.`, {
      details: { actualNextOffset: nextOffset },
    });
  }
  return new BrokerError('FENCING_TOKEN_MISMATCH', 'The partition carries another fencing token.', {
    details: { actualToken: refusal.actual },
  });
}
