/**
 * Group commits as they go by: what a group has committed to a log goes back only by a reset, and a
 * member of an older epoch commits nothing once a newer one has, nor do two in one epoch.
 */

import type { Settle } from './appends.js';
import type { GroupCommit } from './history.js';
import type { Report } from './verdict.js';

/** What one group has committed in one log. */
type Committed = {
  /** The greatest offset acknowledged since the last reset; -1 while it cannot be known. */
  offset: number;
  memberEpoch: number;
  /** Who committed in that epoch. */
  member: string;
  resets: number;
  resetsOpen: number;
  /** Such a reset may still take effect at any time: nothing can be said any more. */
  resetUnknown: boolean;
};

export function createGroupCommits(report: Report) {
  const groups = new Map<string, Committed>();

  function committedOf({ group, log }: GroupCommit): Committed {
    const key = JSON.stringify([group, log]);
    const found = groups.get(key);
    if (found) return found;
    const fresh = {
      offset: -1,
      memberEpoch: Number.NEGATIVE_INFINITY,
      member: '',
      resets: 0,
      resetsOpen: 0,
      resetUnknown: false,
    };
    groups.set(key, fresh);
    return fresh;
  }

  function beginReset(committed: Committed, { offset }: GroupCommit): Settle {
    committed.resets++;
    committed.resetsOpen++;
    committed.offset = -1;
    return ({ type }) => {
      committed.resetsOpen--;
      if (type === 'unknown') committed.resetUnknown = true;
      const certain = committed.resetsOpen === 0 && !committed.resetUnknown;
      if (type === 'ok' && certain) committed.offset = offset;
    };
  }

  function beginCommit(committed: Committed, commit: GroupCommit): Settle {
    const { group, log, offset, member, memberEpoch } = commit;
    const before = { ...committed };
    return ({ type }, event) => {
      if (type !== 'ok') return;
      const who = `${member} of ${group}`;
      if (memberEpoch < before.memberEpoch) {
        report(
          'zombie-commit',
          { log, event },
          () => `${who} in epoch ${memberEpoch}, after one in epoch ${before.memberEpoch}`,
        );
      }
      if (memberEpoch === committed.memberEpoch && member !== committed.member) {
        const other = committed.member;
        report('two-committers', { log, event }, () => `${who} and ${other} in ${memberEpoch}`);
      }
      if (memberEpoch > committed.memberEpoch) {
        committed.memberEpoch = memberEpoch;
        committed.member = member;
      }
      const noReset =
        before.resetsOpen === 0 && before.resets === committed.resets && !committed.resetUnknown;
      if (!noReset) return;
      if (offset < before.offset) {
        report('commit-moved-back', { log, event }, () => `${who}: ${before.offset} to ${offset}`);
      }
      committed.offset = Math.max(committed.offset, offset);
    };
  }

  return {
    begin(commit: GroupCommit): Settle {
      const committed = committedOf(commit);
      return commit.reset ? beginReset(committed, commit) : beginCommit(committed, commit);
    },
  };
}
