/**
 * The checker on a long history: a million operations of a correct log, made as they are fed, so that
 * time and memory are the checker's. With `lines` they pass through JSON first, as from a file.
 */

import { execFileSync } from 'node:child_process';
import { createChecker } from '../lib/checker/checker.js';
import type { HistoryEvent } from '../lib/checker/history.js';
import { formatEvent, parseEvent } from '../lib/checker/history-lines.js';

const writers = 64;
const logs = 16;
const recordsPerRead = 100;

/** Mostly appends of one record, half of them idempotent, and reads that follow. */
export function* longHistory(operations: number): Generator<HistoryEvent> {
  const values: string[][] = Array.from({ length: logs }, () => []);
  const positions = new Array<number>(logs).fill(0);
  const sequences = new Array<number>(writers).fill(0);
  for (let i = 0; i < operations; i++) {
    const writer = i % writers;
    const at = writer % logs;
    const log = `t/${at}`;
    const lines = values[at] as string[];
    const value = `${writer}-${i}`;
    const process = `w${writer}`;
    const baseSequence = sequences[writer] as number;
    sequences[writer] = baseSequence + 1;
    const producer = { producer: { producerId: writer, epoch: 0, baseSequence } };
    const facts = writer % 2 === 0 ? producer : {};
    yield { type: 'invoke', process, op: 'append', log, values: [value], ...facts };
    yield { type: 'ok', process, op: 'append', baseOffset: lines.length };
    lines.push(value);
    const from = positions[at] as number;
    if (lines.length - from < recordsPerRead) continue;
    yield* readOf(`r${at}`, log, lines, from, false);
    positions[at] = from + recordsPerRead;
    i++;
  }
  for (let at = 0; at < logs; at++) {
    const lines = values[at] as string[];
    for (let from = 0; from < lines.length; from += recordsPerRead) {
      yield* readOf('f', `t/${at}`, lines, from, true);
    }
  }
}

function* readOf(
  process: string,
  log: string,
  lines: readonly string[],
  offset: number,
  final: boolean,
): Generator<HistoryEvent> {
  yield { type: 'invoke', process, op: 'read', log, offset, final };
  const served = lines.slice(offset, offset + recordsPerRead);
  yield {
    type: 'ok',
    process,
    op: 'read',
    records: served.map((value, i): [number, string] => [offset + i, value]),
    nextOffset: offset + served.length,
    highWatermark: lines.length,
    logStartOffset: 0,
  };
}

const operations = 1_000_000;

/** Each way in a process of its own, or the second would show the first one's memory. */
export function measureChecker(): string {
  return ['events', 'lines']
    .map((way) =>
      execFileSync(process.execPath, ['--import', 'tsx', import.meta.filename, way], {
        encoding: 'utf8',
      }).trim(),
    )
    .join('\n');
}

function measure(way: string): string {
  const checker = createChecker();
  const startMs = performance.now();
  for (const event of longHistory(operations)) {
    checker.add(way === 'lines' ? parseEvent(formatEvent(event)) : event);
  }
  const { valid, counts } = checker.finish();
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
  const cpuSeconds = (process.cpuUsage().user / 1_000_000).toFixed(1);
  const rssMiB = Math.round(process.resourceUsage().maxRSS / 1024);
  const size = `${counts.operations.toLocaleString('en')} operations, ${counts.readRecords.toLocaleString('en')} records read`;
  return `checker, from ${way}: ${size}: ${seconds} s (${cpuSeconds} s of CPU), peak ${rssMiB} MiB, ${valid ? 'valid' : 'VIOLATED'} (wanted: 10 s, 1024 MiB)`;
}

if (process.argv[1] === import.meta.filename) {
  process.stdout.write(`${measure(process.argv[2] ?? 'events')}\n`);
}
