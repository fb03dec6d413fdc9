/**
 * Where a consumer begins, as it is written on the command line:
 *
 *   start | end | N (that offset) | -N (that many before the end) | +N (that many after the start)
 *   @TIME (ms since 1970, or ISO 8601) | @-AGO (a time like 30s, 5m, 1h, 7d before now)
 */

import { InvalidArgumentError } from 'commander';
import { timeMs } from './arguments.js';

export type OffsetSpec =
  | { readonly kind: 'start' }
  | { readonly kind: 'end' }
  | { readonly kind: 'offset'; readonly offset: number }
  | { readonly kind: 'beforeEnd'; readonly count: number }
  | { readonly kind: 'afterStart'; readonly count: number }
  | { readonly kind: 'time'; readonly timestampMs: number };

export const offsetSpecHelp =
  'start, end, N, -N (before the end), +N (after the start), @TIME (ms or ISO 8601) or @-1h (so long ago)';

export function parseOffsetSpec(text: string): OffsetSpec {
  if (/^(start|beginning|earliest)$/.test(text)) return { kind: 'start' };
  if (/^(end|latest)$/.test(text)) return { kind: 'end' };
  if (text.startsWith('@')) return { kind: 'time', timestampMs: timeMs(text) };
  const number = /^[-+]?\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(number)) throw new InvalidArgumentError(`It is ${offsetSpecHelp}.`);
  if (text.startsWith('-')) return { kind: 'beforeEnd', count: -number };
  if (text.startsWith('+')) return { kind: 'afterStart', count: number };
  return { kind: 'offset', offset: number };
}

/** What is known of a partition; `offset` is the one found by time. */
export type PartitionEnds = {
  readonly partition: number;
  readonly earliest: number;
  readonly latest: number;
  readonly offset?: number | undefined;
};

export function startOffset(spec: OffsetSpec, ends: PartitionEnds): number {
  const { earliest, latest } = ends;
  switch (spec.kind) {
    case 'start':
      return earliest;
    case 'end':
      return latest;
    case 'offset':
      return spec.offset;
    case 'beforeEnd':
      return Math.max(earliest, latest - spec.count);
    case 'afterStart':
      return Math.min(latest, earliest + spec.count);
    case 'time':
      return ends.offset ?? latest;
  }
}
