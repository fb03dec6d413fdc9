/**
 * What one seed's run is like. Seeds differ in more than their luck: some clients are impatient, some
 * runs hardly roll, some are crowded with producers, some last for minutes.
 */

import type { Bug } from './bugs/bug.js';

export type SimulationOptions = {
  readonly seed: number;
  readonly bug?: Bug;
  readonly rounds: number;
  readonly crowdRounds: number;
  /** Of the calls that roll, this share just fails: where nearly all do, tails grow to their limit. */
  readonly rollFaultRate: number;
  readonly appendTimeoutMs: number;
  /** Whether somebody evicts producers early; if not, the brokers have to, from a crowd. */
  readonly evicting: boolean;
  /** Whether there is compaction and clean-up: its WAL floors also keep old requests out. */
  readonly maintaining: boolean;
  /** Whether one of those who do that is spared by faults: then segments come up fast, and are merged. */
  readonly sparing: boolean;
  readonly trimming: boolean;
  /** Whether partitions are added meanwhile, and written to at once. */
  readonly growing: boolean;
  /** Whether records have keys, and older values of a key go. */
  readonly compacting: boolean;
  /** Of the fast time that jobs live in: soon, or longer than any run. */
  readonly deleteRetentionMs: number;
  /** Whether a partition keeps only so many bytes; then any log start is right that never falls. */
  readonly retentionBytes: number;
  readonly partitionCount: number;
  readonly serverCount: number;
  readonly lambdaCount: number;
  /** How long a producer pauses now and then. */
  readonly thinkMs: number;
  /** Whether somebody resets the group while it has members. */
  readonly resetting: boolean;
  /** How long instances remember topics. */
  readonly topicCacheMs: number;
};

export const longerThanAnyRun = 10_000 * 24 * 3_600_000;

/** Little, or so much that small segments become some large ones: a tenth of it is what they may come to. */
const keptBytes: Readonly<Record<number, number>> = { 3: 4_000, 8: 4_000, 4: 100_000, 9: 200_000 };

export function optionsOf(seed: number, bug?: Bug): SimulationOptions {
  const crowded = seed % 7 === 0;
  const hardlyRolls = !crowded && seed % 4 === 0;
  const rounds = hardlyRolls ? 24 : 12;
  return {
    seed,
    ...(bug && { bug }),
    rounds: crowded ? 24 : rounds,
    crowdRounds: crowded ? 8 : Math.ceil(rounds / 4),
    rollFaultRate: hardlyRolls ? 0.85 : 0.02,
    appendTimeoutMs: [400, 40, 2_000][seed % 3] ?? 400,
    evicting: !crowded,
    maintaining: seed % 3 !== 2,
    sparing: seed % 3 !== 2 && seed % 5 === 4,
    trimming: seed % 5 === 1,
    growing: seed % 4 === 3,
    compacting: seed % 3 !== 2 && seed % 2 === 1,
    deleteRetentionMs: seed % 4 === 1 ? 3_600_000 : longerThanAnyRun,
    retentionBytes: keptBytes[seed % 10] ?? -1,
    partitionCount: crowded ? 1 : 2,
    serverCount: 1 + (seed % 2),
    lambdaCount: 2,
    thinkMs: !crowded && seed % 6 === 1 ? 4_000 : 300,
    resetting: seed % 4 === 1,
    topicCacheMs: seed % 2 ? 5_000 : 0,
  };
}
