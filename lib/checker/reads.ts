/**
 * Reads and trims as they go by: what one answer says by itself, against what was known when it was
 * asked for, and against what other reads have seen.
 */

import type { Settle } from './appends.js';
import type { Completion, Read, Trim, Value } from './history.js';
import { type CompactedLog, type KnownLog, mayExist, type Values } from './known-log.js';
import type { Report } from './verdict.js';

type ReadAnswer = Extract<Completion, { type: 'ok'; op: 'read' }>;

/** What is known when a read begins. */
type Asked = {
  readonly read: Read;
  readonly ackedEnd: number;
  readonly logStart: number;
  /** The high watermark that this reader was told before. */
  readonly ownHighWatermark: number;
  readonly event: number;
};

export function createReads(values: Values, report: Report) {
  const highWatermarks = new Map<string, number>();
  let readRecords = 0;

  function beginRead(process: string, log: KnownLog, read: Read, invoked: number): Settle {
    const reader = `${process} ${log.name}`;
    const ownHighWatermark = highWatermarks.get(reader) ?? -1;
    const { ackedEnd, logStart } = log;
    const asked = { read, ackedEnd, logStart, ownHighWatermark, event: invoked };
    return (completion, event) => {
      if (completion.type === 'fail') judgeRefusal(log, asked, completion, event, report);
      if (completion.type !== 'ok' || completion.op !== 'read') return;
      readRecords += completion.records.length;
      for (const [offset, value] of completion.records) {
        note(log, offset, value, event);
        if (log.compacted) judgeReturn(log, log.compacted, offset, asked, event, report);
      }
      judgeOrder(log, read, completion, event, report);
      judgeEnds(log, asked, completion, event, report);
      highWatermarks.set(reader, Math.max(completion.highWatermark, ownHighWatermark));
      if (read.final) cover(log, read, completion);
      learnStart(log, asked.logStart, completion.logStartOffset, event, report);
    };
  }

  function note(log: KnownLog, offset: number, value: Value, event: number): void {
    const where = { log: log.name, event };
    const number = values.numberOf(value) ?? values.add(value, undefined);
    const batch = values.batchOf(number);
    if (batch?.log !== log) {
      const why = batch ? `was sent to ${batch.log.name}` : 'was sent by nobody';
      report('phantom', where, () => `${value} at ${offset} ${why}`);
    } else if (!mayExist(batch) && !batch.aborted) {
      batch.aborted = true;
      report('aborted-read', where, () => `${value} at ${offset}: its append had failed`);
    }
    log.knownEnd = Math.max(log.knownEnd, offset + 1);
    const other = log.observed.get(offset);
    if (other < 0) log.observed.set(offset, number);
    else if (other !== number) {
      report(
        'inconsistent-offsets',
        where,
        () => `${offset} held ${values.nameOf(other)}, now ${value}`,
      );
    }
    if (batch && batch.log !== log) return;
    const before = values.offsetOf(number);
    if (before < 0) values.setOffset(number, offset);
    else if (before !== offset) {
      report('duplicate', where, () => `${value} is at ${before} and at ${offset}`);
    }
  }

  return { beginRead, readRecords: () => readRecords };
}

/** What is gone for one reader is gone for all who begin after that. */
function judgeReturn(
  log: KnownLog,
  { seenAtLast, goneAt }: CompactedLog,
  offset: number,
  asked: Asked,
  event: number,
  report: Report,
): void {
  if (asked.read.final) seenAtLast.set(offset, event);
  const gone = goneAt.get(offset);
  if (gone < 0 || gone >= asked.event) return;
  const where = { log: log.name, event };
  report('resurrected', where, () => `${offset} is there, though event ${gone} passed over it`);
}

function cover(log: KnownLog, read: Read, { nextOffset, highWatermark }: ReadAnswer): void {
  log.finalFrom = Math.min(log.finalFrom, read.offset);
  log.finalTo = Math.max(log.finalTo, nextOffset);
  if (nextOffset >= highWatermark) log.reachedEnd = true;
}

/** The records in themselves: one after the other, from where the read began to where it says it ended. */
function judgeOrder(
  log: KnownLog,
  { offset }: Read,
  { records, nextOffset, highWatermark, logStartOffset }: ReadAnswer,
  event: number,
  report: Report,
): void {
  const where = { log: log.name, event };
  const pass = (from: number, to: number) => {
    const hidden = Math.min(to, logStartOffset);
    if (from < hidden) {
      report('out-of-range', where, () => `passed over ${from} to ${hidden - 1} without a word`);
    }
    if (Math.max(from, hidden) < to) {
      log.skipped.push({ from: Math.max(from, hidden), to, event });
      noteGone(log, Math.max(from, hidden), to, event);
    }
  };
  // A batch that contains the offset may be served whole.
  let expected = Math.min(offset, records[0]?.[0] ?? offset);
  for (const [at] of records) {
    if (at > expected) pass(expected, at);
    if (at < expected) report('nonmonotonic-poll', where, () => `${at} came after ${expected - 1}`);
    expected = at + 1;
  }
  if (nextOffset > expected) pass(expected, nextOffset);
  if (nextOffset < expected) {
    report(
      'nonmonotonic-poll',
      where,
      () => `served up to ${expected - 1}, to go on at ${nextOffset}`,
    );
  }
  if (Math.max(nextOffset, expected) > highWatermark) {
    report(
      'precommitted-read',
      where,
      () => `went to ${Math.max(nextOffset, expected)}, high watermark ${highWatermark}`,
    );
  }
}

function noteGone({ compacted }: KnownLog, from: number, to: number, event: number): void {
  for (let offset = from; compacted && offset < to; offset++) {
    if (compacted.goneAt.get(offset) < 0) compacted.goneAt.set(offset, event);
  }
}

/** Where the log ends and begins, against what was known when the read was sent. */
function judgeEnds(
  log: KnownLog,
  { read, ackedEnd, logStart, ownHighWatermark }: Asked,
  { records, nextOffset, highWatermark, logStartOffset }: ReadAnswer,
  event: number,
  report: Report,
): void {
  const where = { log: log.name, event };
  // Where keys were compacted an answer may have nothing but the place to go on from.
  const getsOn = log.compacted !== undefined && nextOffset > read.offset;
  const emptyBelowEnd =
    records.length === 0 && !getsOn && read.offset < ackedEnd && read.offset >= logStartOffset;
  if (highWatermark < ackedEnd || emptyBelowEnd) {
    if (read.final) log.shortReads.push({ ackedEnd, event });
    else {
      report(
        'stale-read',
        where,
        () =>
          `${ackedEnd - 1} was acknowledged before; read at ${read.offset} got ${records.length} records, high watermark ${highWatermark}`,
      );
    }
  } else if (highWatermark < ownHighWatermark) {
    report(
      'nonmonotonic-poll',
      where,
      () => `high watermark ${ownHighWatermark}, then ${highWatermark}`,
    );
  }
  if (read.offset < logStart && logStartOffset >= logStart) {
    report('out-of-range', where, () => `${read.offset} was served, below log start ${logStart}`);
  }
}

function judgeRefusal(
  log: KnownLog,
  { read, ackedEnd, logStart }: Asked,
  { code, earliest }: Extract<Completion, { type: 'fail' }>,
  event: number,
  report: Report,
): void {
  if (code !== 'OFFSET_OUT_OF_RANGE' || earliest === undefined) return;
  const where = { log: log.name, event };
  if (earliest < logStart) {
    report('out-of-range', where, () => `earliest ${earliest}, but the log began at ${logStart}`);
  } else if (read.offset >= earliest && read.offset <= ackedEnd) {
    report(
      'out-of-range',
      where,
      () => `${read.offset} refused, within ${earliest} to ${ackedEnd} that are there`,
    );
  }
  log.logStart = Math.max(log.logStart, earliest);
}

export function beginTrim(log: KnownLog, trim: Trim, report: Report): Settle {
  const { logStart } = log;
  log.trimAsked = Math.max(log.trimAsked, trim.offset);
  return (completion, event) => {
    if (completion.type !== 'ok' || completion.op !== 'trim') return;
    learnStart(log, logStart, completion.logStartOffset, event, report);
  };
}

function learnStart(
  log: KnownLog,
  before: number,
  told: number,
  event: number,
  report: Report,
): void {
  if (told < before) {
    report(
      'log-start-moved-back',
      { log: log.name, event },
      () => `log start ${before}, then ${told}`,
    );
  }
  log.logStart = Math.max(log.logStart, told);
}
