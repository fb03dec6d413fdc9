/**
 * Altering a topic: read it, decide, and write if nobody else has altered it since; else again. So
 * alterations of many at once come one after another, and none is lost.
 */

import { type ConfigChange, type ConfigOverrides, changeConfigs } from '../log/topic-configs.js';
import { topicNameProblem } from '../log/topic-name.js';
import type { Topic, TopicState, TopicStore } from '../store/topic-store.js';
import { BrokerError } from './broker-error.js';

/** What is named changes, all of it or nothing; the rest stays. */
export type TopicChange = ConfigChange & {
  readonly setTags?: Readonly<Record<string, string>>;
  readonly removeTags?: readonly string[];
  readonly annotate?: Readonly<Record<string, string>>;
};

/** Each time somebody else was first, so this many in a row are many people at one topic. */
const triesMax = 20;
const tagsMax = 50;
const tagLengthMax = 256;

/** A name that cannot be one is not asked for. */
export async function lookUp(topics: TopicStore, name: string): Promise<Topic | undefined> {
  return topicNameProblem(name) === undefined ? topics.find(name) : undefined;
}

/** With the WAL floor of partitions that come into sight. */
export type WantedState = TopicState & { readonly walFloor?: number };

/**
 * `decide` is asked again when somebody was first, or the floor of new partitions is not enough any more;
 * the same state as before means that nothing is left to do. Undefined when there is no such topic.
 */
export async function alterTopic(
  topics: TopicStore,
  name: string,
  decide: (topic: Topic, tries: number) => WantedState | Promise<WantedState>,
): Promise<Topic | undefined> {
  let topic = await lookUp(topics, name);
  for (let tries = 0; topic && tries < triesMax; tries++) {
    const state = await decide(topic, tries);
    if (isSame(topic, state)) return topic;
    const outcome = await topics.alter(topic, state, state.walFloor);
    if (outcome.kind === 'altered') return outcome.topic;
    if (outcome.kind === 'belowFloor') continue;
    topic = outcome.kind === 'stale' ? outcome.topic : undefined;
  }
  if (!topic) return undefined;
  const message = 'Too many alter this topic at this moment.';
  throw new BrokerError('THROTTLING_QUOTA_EXCEEDED', message);
}

/** Throws `INVALID_CONFIG`, or `INVALID_REQUEST` for tags. */
export function changedState(topic: Topic, change: TopicChange): TopicState {
  const { setTags = {}, removeTags = [] } = change;
  const kept = Object.entries(topic.tags).filter(([name]) => !removeTags.includes(name));
  const tags = { ...Object.fromEntries(kept), ...setTags };
  checkTags(tags);
  return {
    ...topic,
    configs: changedConfigs(topic.configs, change),
    tags,
    annotations: { ...topic.annotations, ...change.annotate },
  };
}

/** Throws `INVALID_CONFIG`. */
export function changedConfigs(before: ConfigOverrides, change: ConfigChange): ConfigOverrides {
  const outcome = changeConfigs(before, change);
  if (outcome.kind === 'changed') return outcome.configs;
  const { setting, message } = outcome;
  throw new BrokerError('INVALID_CONFIG', `Invalid setting: ${message}.`, {
    details: { setting: setting.slice(0, 300) },
  });
}

export function checkTags(tags: Readonly<Record<string, string>>): void {
  const entries = Object.entries(tags);
  const long = entries.flat().find((text) => text.length > tagLengthMax);
  if (entries.length <= tagsMax && long === undefined) return;
  const message = `A topic has at most ${tagsMax} tags, names and values of up to ${tagLengthMax} characters.`;
  throw new BrokerError('INVALID_REQUEST', message, { details: { limit: tagsMax } });
}

function isSame(a: TopicState, b: TopicState): boolean {
  if (a.partitionCount !== b.partitionCount) return false;
  // A lineage is never altered in place.
  if (a.lineage !== b.lineage) return false;
  const fields = ['configs', 'tags', 'annotations'] as const;
  return fields.every((field) => sameTexts(a[field], b[field]));
}

type Texts = Readonly<Record<string, string>>;

function sameTexts(a: Texts, b: Texts): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}
