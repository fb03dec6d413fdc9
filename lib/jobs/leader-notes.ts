/**
 * What one leader leaves for the next: work that is begun and not finished, and what was done. What they
 * say was done, was done; notes that are lost or cannot be read cost work that is done again and leftover
 * objects, and nothing that readers see.
 */

import { isGraceOver } from './grace.js';

export type LeaderNotes = {
  /** A segment that was being written: garbage unless a page points to it. */
  readonly writing?: string;
  /** Segments in whose place it was being written: garbage if a page does. */
  readonly replacing?: readonly string[];
  /** What lies below this offset was deleted at that time; its bytes follow after a grace period. */
  readonly deleted?: { readonly below: number; readonly atMs: number };
  /** Segments that were replaced at that time; they are deleted after a grace period. */
  readonly retired?: readonly Retired[];
  /** Key compaction: below `to` no key has two records. */
  readonly cleaned?: Cleaned;
  /** Key compaction under way: below `next` nothing is left that has a newer record below `to`. */
  readonly cleaning?: Cleaned & { readonly next: number };
  readonly merged?: Merged;
};

/**
 * Where the notes are kept: what is written is there when it returns. Throws `Deposed` when a later leader has
 * written: what would be done now, nobody would know of.
 */
export type NoteBook = { read(): LeaderNotes; write(notes: LeaderNotes): Promise<void> };

export class Deposed extends Error {
  override readonly name = 'Deposed';
}

export type Retired = { readonly keys: readonly string[]; readonly atMs: number };

export type Cleaned = {
  readonly to: number;
  /** How large it is since then. */
  readonly bytes: number;
  /** When the last of the tombstones there may go. */
  readonly horizonMs?: number;
};

/** What segments there are up to `to` need no merging; none before `from` will, whatever comes behind them. */
export type Merged = {
  readonly from: number;
  readonly to: number;
  /** What could become of them at most. */
  readonly bytesMax: number;
};

export function readLeaderNotes(text: string | undefined): LeaderNotes {
  if (text === undefined) return {};
  try {
    return JSON.parse(text) as LeaderNotes;
  } catch {
    return {};
  }
}

export function writeLeaderNotes(notes: LeaderNotes): string {
  return JSON.stringify(notes);
}

/** After what was begun has come to its end: if it is in use, what it replaced is not. */
export function afterBegun(notes: LeaderNotes, inUse: boolean, nowMs: number): LeaderNotes {
  const { writing: _, replacing = [], ...rest } = notes;
  if (!inUse || replacing.length === 0) return rest;
  return { ...rest, retired: [...(rest.retired ?? []), { keys: replacing, atMs: nowMs }] };
}

/** What may be deleted now, and the notes without it. */
export function takeRetired(
  notes: LeaderNotes,
  nowMs: number,
  graceMs: number,
): { readonly keys: readonly string[]; readonly rest: LeaderNotes } {
  const { retired = [], ...others } = notes;
  const isDue = ({ atMs }: Retired) => isGraceOver(atMs, nowMs, graceMs);
  const waiting = retired.filter((one) => !isDue(one));
  const keys = retired.filter(isDue).flatMap((one) => one.keys);
  return { keys, rest: waiting.length > 0 ? { ...others, retired: waiting } : others };
}

/** Segments that wait for their deletion: they are listed in the notes, which are one item. */
const retiredMax = 256;

/** So many that nothing more may be replaced until some have gone. */
export function manyAreRetired({ retired = [] }: LeaderNotes): boolean {
  return retired.reduce((sum, { keys }) => sum + keys.length, 0) >= retiredMax;
}
