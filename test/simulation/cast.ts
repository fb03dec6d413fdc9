/**
 * Who takes part. An actor is a function of the simulation; writers end by themselves, and when all of
 * them have, `writersDone` tells the others to. More actors are more lines here.
 */

import { groupMember, groupResetter } from './group-members.js';
import { maintainer, sparedMaintainer, trimmer } from './maintainers.js';
import { crowd, idempotentProducer, plainProducer, spreadingProducer } from './producers.js';
import { expectedOffsetRacer, fencingTokenRacer } from './racers.js';
import { follower, readerFromStart } from './readers.js';
import { settler } from './settlers.js';
import type { Simulation } from './simulation.js';
import { evictingRoller, lateArrivals } from './upkeep.js';

export type Actor = (sim: Simulation) => Promise<void>;
type LogActor = (sim: Simulation, log: string) => Promise<void>;

const writersOfLog: readonly LogActor[] = [
  idempotentProducer,
  idempotentProducer,
  plainProducer,
  expectedOffsetRacer,
  expectedOffsetRacer,
  fencingTokenRacer,
  fencingTokenRacer,
  crowd,
];

const othersOfLog: readonly LogActor[] = [follower, follower, readerFromStart];

const membersOfGroup: readonly Actor[] = [groupMember, groupMember, groupMember, groupMember];

export type Cast = {
  readonly writers: readonly Actor[];
  /** Of a consumer group: on stage when all the others are done. They end by themselves. */
  readonly members: readonly Actor[];
  readonly others: readonly Actor[];
};

export function castOf(sim: Simulation): Cast {
  const forEachLog = (actors: readonly LogActor[]): Actor[] =>
    sim.logs.flatMap((log) => actors.map((act) => (each: Simulation) => act(each, log)));
  const jobs = sim.options.maintaining ? [maintainer, maintainer, maintainer] : [];
  const spared = sim.options.sparing ? [sparedMaintainer] : [];
  const trims = sim.options.trimming ? forEachLog([trimmer]) : [];
  const evictions = sim.options.evicting ? [evictingRoller, evictingRoller] : [];
  const settlers = sim.options.growing ? [settler] : [];
  const members = sim.options.resetting ? [...membersOfGroup, groupResetter] : membersOfGroup;
  if (sim.options.bug?.groupAlone) return { writers: [], members, others: [] };
  return {
    writers: [...forEachLog(writersOfLog), spreadingProducer, ...settlers],
    members,
    others: [...forEachLog(othersOfLog), lateArrivals, ...jobs, ...spared, ...trims, ...evictions],
  };
}
