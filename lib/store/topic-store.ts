/**
 * Port: topics by name, the WAL floor of the whole store, and the counter of producer ids. Strongly
 * consistent. A name is taken or free; an id is for ever, so a topic that is deleted and made again is
 * another topic.
 */

import type { Lineage } from '../log/lineage.js';
import type { ConfigOverrides } from '../log/topic-configs.js';

/** What can be altered. */
export type TopicState = {
  /** Only ever grows. */
  readonly partitionCount: number;
  readonly configs: ConfigOverrides;
  /** Free-form, for faces that have such a thing. */
  readonly tags: Readonly<Record<string, string>>;
  /** What a face keeps with a topic, under the face's name; nobody else reads it. */
  readonly annotations: Readonly<Record<string, string>>;
  /** Absent as long as no partition was split or merged. */
  readonly lineage?: Lineage;
};

export type Topic = TopicState & {
  readonly name: string;
  readonly topicId: string;
  readonly createdAtMs: number;
  /** Counts the alterations. */
  readonly version: number;
};

/** How a topic begins, and what is missing in topics that were stored before it existed. */
export const unalteredTopic = { configs: {}, tags: {}, annotations: {}, version: 0 } as const;

export function alteredTopic(before: Topic, state: TopicState): Topic {
  const { partitionCount, configs, tags, annotations, lineage } = state;
  return {
    ...before,
    ...{ partitionCount, configs, tags, annotations },
    ...(lineage && { lineage }),
    version: before.version + 1,
  };
}

/** Whether partitions come into sight that were not there before. */
export function grows(before: TopicState, state: TopicState): boolean {
  return state.partitionCount > before.partitionCount;
}

/** All that lie in the index: also those that a reshaping has made, or is about to make. */
export function partitionsToDelete({ partitionCount, lineage }: TopicState): number {
  return partitionCount + (lineage?.reshaping?.opening.length ?? 0);
}

/**
 * `stale`: it was altered since, and is now as given here. That may have been this very call, if the
 * reply to its first attempt was lost.
 */
export type AlterOutcome =
  | { readonly kind: 'altered'; readonly topic: Topic }
  | { readonly kind: 'stale'; readonly topic: Topic }
  | { readonly kind: 'belowFloor' }
  | { readonly kind: 'missing' };

/** What is left to be swept of a topic whose name was taken away, or is about to be. */
export type BuriedTopic = Pick<Topic, 'topicId' | 'name' | 'partitionCount'> & {
  readonly deletedAtMs: number;
};

export type TopicList = { readonly topics: readonly Topic[]; readonly after?: string };

export type TopicStore = {
  /**
   * `walFloor`: what the heads of its partitions have at least. `belowFloor`: the store's floor is above
   * that by now, and nothing happened.
   */
  create(topic: Topic, walFloor?: number): Promise<'created' | 'exists' | 'belowFloor'>;
  find(name: string): Promise<Topic | undefined>;
  /** In order of names; `after` of one page begins the next. */
  list(countMax: number, after?: string): Promise<TopicList>;
  /**
   * Only if the topic with this id is still at `before.version`, which counts on: of many who alter the
   * same version one does. `walFloor` is that of partitions that come into sight by it, as in `create`.
   */
  alter(before: Topic, state: TopicState, walFloor?: number): Promise<AlterOutcome>;
  /**
   * Only the topic with this id: a newer one of the same name stays. And only with as many partitions:
   * whoever deletes it goes on to delete those, and no more.
   */
  delete(topic: Topic): Promise<'deleted' | 'missing'>;
  /**
   * Remembers a topic until `forget`. Done before the topic is deleted, so that nothing of it is lost from
   * sight; should the deletion not follow, a topic that lives is in the list. Of one that is there
   * already with more partitions nothing changes: whoever saw fewer saw it earlier.
   */
  bury(topic: BuriedTopic): Promise<void>;
  /** In order of ids, after the id `after`. */
  buried(countMax: number, after?: string): Promise<readonly BuriedTopic[]>;
  /** Those not there are fine. */
  forget(topicId: string): Promise<void>;
  /**
   * No WAL bucket below it is written to by a partition that comes into sight from now on: those have this
   * floor in their heads, or a higher one. 0 until it is raised.
   */
  walFloor(): Promise<number>;
  /** Only ever raises it. */
  raiseWalFloor(walFloor: number): Promise<void>;
  /** A number that was never returned before. */
  nextProducerId(): Promise<number>;
};
