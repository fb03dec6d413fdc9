/**
 * Topics by name, as they were a short while ago: so that an append does not ask the store for what
 * hardly ever changes.
 */

import { isDuring, type TimeSpan } from '../log/time-span.js';
import type { Topic } from '../store/topic-store.js';
import type { Clock } from '../store/world.js';

export type TopicMemory = {
  find(name: string): Topic | undefined;
  /** Returns what is newer: an answer of the store can be overtaken by an alteration of our own. */
  keep(topic: Topic): Topic;
  drop(name: string): void;
  forget(topicId: string): void;
};

type Remembered = { readonly topic: Topic; readonly valid: TimeSpan };

/** With `keepMs` 0 it remembers nothing. */
export function createTopicMemory(clock: Clock, keepMs: number): TopicMemory {
  const remembered = new Map<string, Remembered>();
  return {
    find(name) {
      const known = remembered.get(name);
      return known && isDuring(known.valid, clock.nowMs()) ? known.topic : undefined;
    },
    keep(topic) {
      if (keepMs === 0) return topic;
      const known = remembered.get(topic.name)?.topic;
      if (known?.topicId === topic.topicId && known.version > topic.version) return known;
      remembered.set(topic.name, { topic, valid: { sinceMs: clock.nowMs(), forMs: keepMs } });
      return topic;
    },
    drop: (name) => void remembered.delete(name),
    forget(topicId) {
      for (const [name, { topic }] of remembered) {
        if (topic.topicId === topicId) remembered.delete(name);
      }
    },
  };
}
