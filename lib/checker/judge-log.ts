/**
 * What takes the whole history of one log: holes, ranges that reads passed over, final reads that fell
 * short, and a log start that nobody asked for. Every hole gets one name.
 */

import type { LogKeys } from './judge-keys.js';
import type { KnownLog } from './known-log.js';
import type { OffsetTable } from './offset-table.js';
import type { Report } from './verdict.js';

export function judgeLog(
  log: KnownLog,
  claims: OffsetTable | undefined,
  retention: boolean,
  keys: LogKeys | undefined,
  report: Report,
): void {
  const { name, finalFrom, finalTo, logStart, trimAsked, knownEnd } = log;
  const holds = (offset: number) => log.observed.get(offset) >= 0;
  const acked = (offset: number) => (claims?.get(offset) ?? -1) >= 0;
  /** Where compaction may have left nothing, of what is known and of what is not. */
  const mayBeGone = (offset: number) =>
    keys !== undefined &&
    (holds(offset) || acked(offset) ? keys.mayBeGone(offset) : keys.mayBeUnknown(offset));
  const covered = (offset: number) => offset >= finalFrom && offset < finalTo;

  /** What was acknowledged and not found by a final read is lost, and has that name already. */
  function judgeSkip({ from, to, event }: KnownLog['skipped'][number]): void {
    const where = { log: name, event };
    for (let offset = from; offset < to; offset++) {
      if (mayBeGone(offset)) continue;
      if (holds(offset) || (acked(offset) && !covered(offset))) {
        report('poll-skip', where, () => `${offset} holds a record, in ${from} to ${to - 1}`);
        return;
      }
      if (!acked(offset) && !covered(offset)) {
        report('gap', where, () => `${offset} holds nothing, as was read`);
        return;
      }
    }
  }

  function judgeHoles(): void {
    for (let offset = Math.max(finalFrom, logStart); offset < finalTo; offset++) {
      if (holds(offset) || acked(offset) || mayBeGone(offset)) continue;
      const from = offset;
      while (offset < knownEnd && !holds(offset) && !acked(offset)) offset++;
      if (offset >= knownEnd) offset = finalTo;
      report('gap', { log: name }, () => `${from} to ${offset - 1} hold nothing`);
    }
  }

  for (const skip of log.skipped) judgeSkip(skip);
  judgeHoles();
  for (const { ackedEnd, event } of log.shortReads) {
    if (finalTo < ackedEnd) continue;
    report(
      'stale-read',
      { log: name, event },
      () => `a final read, though ${ackedEnd - 1} had been acknowledged`,
    );
  }
  if (!retention && logStart > trimAsked) {
    report('over-trim', { log: name }, () => `log start ${logStart}, asked for ${trimAsked}`);
  }
}
