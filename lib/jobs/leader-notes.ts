/**
 * What one leader leaves for the next: work that is begun and not finished. Nothing that readers see depends
 * on it, so notes that are lost or cannot be read cost a leftover object at most.
 */

export type LeaderNotes = {
  /** A segment that was being written: garbage unless a page points to it. */
  readonly writing?: string;
  /** What lies below this offset was deleted at that time; its bytes follow after a grace period. */
  readonly deleted?: { readonly below: number; readonly atMs: number };
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
