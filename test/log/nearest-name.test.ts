/** lib/log/nearest-name.js: what somebody may have meant. */

import { expect, test } from 'vitest';
import { nearestName } from '../../lib/log/nearest-name.js';

const known = ['retention.ms', 'retention.bytes', 'cleanup.policy', 'segment.bytes'];

test.each([
  ['retention.ms', 'retention.ms'],
  ['retentionMs', 'retention.ms'],
  ['RETENTION_BYTES', 'retention.bytes'],
  ['retension.ms', 'retention.ms'],
  ['cleanup.polcy', 'cleanup.policy'],
  ['segment.byte', 'segment.bytes'],
  ['flush.messages', undefined],
  ['', undefined],
  ['__proto__', undefined],
  ['x'.repeat(100_000), undefined],
])('%s', (wanted, near) => {
  expect(nearestName(wanted, known)).toBe(near);
});
