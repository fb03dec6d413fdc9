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
  /** Whether WAL buckets are deleted: their floors also keep old requests out. */
  readonly cleaning: boolean;
  readonly partitionCount: number;
  readonly serverCount: number;
  readonly lambdaCount: number;
  /** How long a producer pauses now and then. */
  readonly thinkMs: number;
};

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
    cleaning: seed % 3 !== 2,
    partitionCount: crowded ? 1 : 2,
    serverCount: 1 + (seed % 2),
    lambdaCount: 2,
    thinkMs: !crowded && seed % 6 === 1 ? 4_000 : 300,
  };
}
