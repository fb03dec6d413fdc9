/**
 * What maintenance may take and how long it waits. Plain data; topics say the rest (retention, segment
 * size).
 */

export type JobSettings = {
  /** How long a leader leads without renewing. */
  readonly leaseMs: number;
  /** This long after an hour began its data is compacted, however little it is. */
  readonly compactAfterMs: number;
  /** Longer than any request: what a reader may still hold is deleted only then. */
  readonly graceMs: number;
  /** Of batches held in memory at once while a segment is written. */
  readonly memoryBytesMax: number;
  /** Of the keys that key compaction compares at once; with more it compares less of the log at a time. */
  readonly dedupeBytesMax: number;
  /** One run does not begin anything new after it has taken this long, ... */
  readonly runMsMax: number;
  /** ... or has compacted this much. */
  readonly runBytesMax: number;
  /** Between two runs of a server that runs them by itself; 0: it does not. */
  readonly intervalMs: number;
};

const MiB = 1024 * 1024;
const hourMs = 3_600_000;

export const jobDefaults: JobSettings = {
  leaseMs: 60_000,
  compactAfterMs: hourMs,
  graceMs: 2 * hourMs,
  memoryBytesMax: 32 * MiB,
  dedupeBytesMax: 64 * MiB,
  runMsMax: 240_000,
  runBytesMax: 4_096 * MiB,
  intervalMs: 60_000,
};
