/**
 * Progress of long work, on stderr, and only where a person looks at it.
 */

import type { CliIo } from './cli-io.js';
import { count } from './table.js';

export type Progress = {
  /** Without bytes none are shown. */
  update(records: number, bytes?: number): void;
  /** A line of text that stays. */
  note(text: string): void;
  stop(): void;
};

export type ProgressTotal = { readonly unit: 'bytes' | 'records'; readonly value: number };

const formatWithTotal = '{bar} {percentage}% | {records} records{size} | {rate} records/s';
const formatOpenEnd = '{records} records{size} | {rate} records/s';

export function notesOnly({ stderr }: CliIo): Progress {
  return { update() {}, note: (text) => stderr.write(`${text}\n`), stop() {} };
}

export async function startProgress(io: CliIo, total?: ProgressTotal): Promise<Progress> {
  const { stderr } = io;
  if (!stderr.isTTY) return notesOnly(io);
  const { SingleBar } = await import('cli-progress');
  const bar = new SingleBar({
    stream: stderr,
    format: total ? formatWithTotal : formatOpenEnd,
    hideCursor: true,
    clearOnComplete: true,
    barsize: 24,
  });
  const startMs = performance.now();
  const payload = (records: number, bytes?: number) => ({
    records: count(records),
    size: bytes === undefined ? '' : ` | ${(bytes / 1e6).toFixed(1)} MB`,
    rate: count(Math.round((records * 1_000) / Math.max(1, performance.now() - startMs))),
  });
  bar.start(total?.value ?? 0, 0, payload(0));
  return {
    update(records, bytes) {
      bar.update(total?.unit === 'bytes' ? (bytes ?? 0) : records, payload(records, bytes));
    },
    note: (text) => stderr.write(`\r\u001b[K${text}\n`),
    stop: () => bar.stop(),
  };
}
