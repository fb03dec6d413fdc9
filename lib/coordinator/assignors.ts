/**
 * Who shall have which partition. `uniform` is sticky: it moves the fewest partitions that make the loads
 * even. `range` gives each member neighbouring partitions, the same ones of every topic. Pure functions
 * of their input: whoever works them out comes to the same.
 */

import type { AssignorName } from './group.js';

/** `previous` says who was to have each partition; null, or somebody who is gone: nobody. */
export type AssignableTopic = {
  readonly topicId: string;
  readonly previous: readonly (string | null)[];
  /** Who wants it, in order; never empty. */
  readonly subscribers: readonly string[];
};

/** For each topic the new member of each partition. */
export type Assignment = readonly (readonly string[])[];

export type Assignor = (topics: readonly AssignableTopic[]) => Assignment;

export const assignors: Readonly<Record<AssignorName, Assignor>> = { uniform, range };

function range(topics: readonly AssignableTopic[]): Assignment {
  return topics.map(({ previous, subscribers }) => {
    const each = Math.floor(previous.length / subscribers.length);
    const longer = previous.length % subscribers.length;
    return subscribers.flatMap((member, i) =>
      Array.from({ length: each + (i < longer ? 1 : 0) }, () => member),
    );
  });
}

type Place = { readonly topic: number; readonly partition: number };

/**
 * Afterwards nobody could hand a partition to somebody who wants it and has at least two fewer: loads
 * differ by one at most where all want the same.
 */
function uniform(topics: readonly AssignableTopic[]): Assignment {
  const wants = topics.map(({ subscribers }) => new Set(subscribers));
  const places = new Map<string, Place[]>();
  for (const { subscribers } of topics) for (const name of subscribers) places.set(name, []);
  const free: Place[] = [];
  for (const [topic, { previous }] of topics.entries()) {
    for (const [partition, member] of previous.entries()) {
      const stays = member !== null && wants[topic]?.has(member);
      (stays ? (places.get(member) as Place[]) : free).push({ topic, partition });
    }
  }
  const load = (member: string) => (places.get(member) as Place[]).length;
  const lightest = ({ topic }: Place): string => {
    const { subscribers } = topics[topic] as AssignableTopic;
    return subscribers.reduce((best, other) => (load(other) < load(best) ? other : best));
  };
  // First what fewest can take, while there is a choice for the others.
  const choices = ({ topic }: Place) => (topics[topic] as AssignableTopic).subscribers.length;
  for (const place of free.sort((a, b) => choices(a) - choices(b))) {
    places.get(lightest(place))?.push(place);
  }
  evenOut(places, lightest);
  const members = topics.map(({ previous }) => previous.map(() => ''));
  for (const [member, taken] of places) {
    for (const { topic, partition } of taken) (members[topic] as string[])[partition] = member;
  }
  return members;
}

/**
 * One at a time from the heaviest who can: so nobody gives away more than it has to. Each move lowers the
 * sum of the squares of the loads, so there is an end.
 */
function evenOut(places: Map<string, Place[]>, lightest: (place: Place) => string): void {
  const load = (member: string) => (places.get(member) as Place[]).length;
  for (let moved = true; moved; ) {
    const heaviestFirst = [...places.keys()].sort((a, b) => load(b) - load(a));
    moved = heaviestFirst.some((member) => lighten(places, lightest, member));
  }
}

/** Hands on one partition to somebody with at least two fewer, if there is one who wants it. */
function lighten(
  places: Map<string, Place[]>,
  lightest: (place: Place) => string,
  member: string,
): boolean {
  const own = places.get(member) as Place[];
  const tried = new Set<number>();
  for (let at = own.length - 1; at >= 0; at--) {
    const place = own[at] as Place;
    if (tried.has(place.topic)) continue;
    tried.add(place.topic);
    const others = places.get(lightest(place)) as Place[];
    if (others.length > own.length - 2) continue;
    own.splice(at, 1);
    others.push(place);
    return true;
  }
  return false;
}
