/**
 * The topics that a group's decisions need to know: those that somebody names, and all when somebody
 * subscribes by a pattern. What is remembered may be out of date; what it would change is looked up anew.
 */

import { isInternalTopic } from '../access/scopes.js';
import type { Group, TopicsView } from '../coordinator/group.js';
import { isDuring, type TimeSpan } from '../log/time-span.js';
import type { Topic, TopicStore } from '../store/topic-store.js';
import type { Clock } from '../store/world.js';

export type GroupTopics = {
  /** With `fresh`, from the store and not from memory. */
  view(group: Group, asked: Asked, fresh: boolean): Promise<TopicsView>;
  /** Whether what is remembered may differ from what is. */
  readonly remembers: boolean;
};

/** What a request adds to the group's own subscriptions. */
export type Asked = {
  readonly topics?: readonly string[] | undefined;
  readonly pattern?: string | null | undefined;
};

const listPage = 1_000;
const lookUpsMax = 16;

export function createGroupTopics(store: TopicStore, clock: Clock, cacheMs: number): GroupTopics {
  const known = new Map<string, { readonly topic: Topic | undefined; readonly valid: TimeSpan }>();
  let all: { readonly topics: readonly Topic[]; readonly valid: TimeSpan } | undefined;
  const isValid = ({ valid }: { readonly valid: TimeSpan }) => isDuring(valid, clock.nowMs());
  const validFromNow = (): TimeSpan => ({ sinceMs: clock.nowMs(), forMs: cacheMs });

  async function find(name: string, fresh: boolean): Promise<Topic | undefined> {
    const remembered = known.get(name);
    if (!fresh && remembered && isValid(remembered)) return remembered.topic;
    const topic = await store.find(name);
    if (cacheMs > 0) known.set(name, { topic, valid: validFromNow() });
    return topic;
  }

  async function listAll(fresh: boolean): Promise<readonly Topic[]> {
    if (!fresh && all && isValid(all)) return all.topics;
    const topics: Topic[] = [];
    let after: string | undefined;
    do {
      const page = await store.list(listPage, after);
      topics.push(...page.topics);
      after = page.after;
    } while (after !== undefined);
    if (cacheMs > 0) all = { topics, valid: validFromNow() };
    return topics;
  }

  async function findAll(names: readonly string[], fresh: boolean): Promise<readonly Topic[]> {
    const found: Topic[] = [];
    for (let i = 0; i < names.length; i += lookUpsMax) {
      const some = names.slice(i, i + lookUpsMax);
      const topics = await Promise.all(some.map((name) => find(name, fresh)));
      found.push(...topics.filter((topic) => topic !== undefined));
    }
    return found;
  }

  return {
    remembers: cacheMs > 0,
    async view({ members, topics }, asked, fresh) {
      const subscriptions = members.map(({ subscription }) => subscription);
      const byPattern = Boolean(asked.pattern) || subscriptions.some(({ pattern }) => pattern);
      const names = new Set([
        ...topics.map(({ name }) => name),
        ...subscriptions.flatMap((subscription) => subscription.topics),
        ...(asked.topics ?? []),
      ]);
      const all = byPattern ? await listAll(fresh) : await findAll([...names], fresh);
      // A pattern that matches everything does not mean what Logbrook keeps for itself.
      const found = all.filter(({ name }) => names.has(name) || !isInternalTopic(name));
      return new Map(
        found.map(({ name, topicId, partitionCount }) => [name, { topicId, partitionCount }]),
      );
    },
  };
}
