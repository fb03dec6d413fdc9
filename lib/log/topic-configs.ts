/**
 * The settings of one topic: sparse overrides, as text under Kafka's names, and what they mean. What is
 * set is checked on the way in; what is stored is read leniently, because a newer version may have
 * written it.
 */

import { nearestName } from './nearest-name.js';
import { allowedValues, type TopicSetting, topicSettings } from './topic-settings.js';

type Settings = typeof topicSettings;
type ValueOf<S> = S extends TopicSetting<infer V> ? V : never;

export type TopicConfigs = { readonly [K in keyof Settings]: ValueOf<Settings[K]> };

/** Name to value, only what differs from the defaults on purpose. */
export type ConfigOverrides = Readonly<Record<string, string>>;

export type ConfigChange = {
  readonly set?: ConfigOverrides;
  /** Back to the default. */
  readonly remove?: readonly string[];
};

export type ConfigChangeOutcome =
  | { readonly kind: 'changed'; readonly configs: ConfigOverrides }
  | { readonly kind: 'invalid'; readonly setting: string; readonly message: string };

/** One setting of a topic, as it is shown. */
export type DescribedConfig = {
  readonly name: string;
  readonly value: string;
  readonly default: string;
  readonly source: 'default' | 'topic';
  readonly documentation: string;
};

const entries = Object.entries(topicSettings) as [keyof TopicConfigs, TopicSetting<unknown>][];
const byName = new Map(entries.map(([, setting]) => [setting.name, setting]));

export const configNames: readonly string[] = [...byName.keys()];

/** A value that is read: what it means, and how it is written. */
type ReadValue = { readonly value: unknown; readonly text: string };

function readValue({ choices, range }: TopicSetting<unknown>, text: string): ReadValue | undefined {
  // `delete,compact` is `compact,delete`.
  const parts = text.split(',').map((part) => part.trim());
  const word = parts.sort().join(',');
  if (choices && Object.hasOwn(choices, word)) return { value: choices[word], text: word };
  const shape = range?.fraction ? /^\d{1,3}(\.\d{1,9})?$/ : /^-?\d{1,16}$/;
  if (!range || !shape.test(word)) return undefined;
  const value = Number(word);
  if (value < range.min || value > range.max) return undefined;
  return { value, text: String(value) };
}

/** Every request asks. Overrides are never changed in place. */
const meanings = new WeakMap<ConfigOverrides, TopicConfigs>();

/** Overrides this code does not know, or finds senseless, count as not there. */
export function topicConfigsOf(overrides: ConfigOverrides): TopicConfigs {
  if (Object.keys(overrides).length === 0) return topicConfigDefaults;
  const known = meanings.get(overrides);
  if (known) return known;
  const configs = meaningOf(overrides);
  meanings.set(overrides, configs);
  return configs;
}

function meaningOf(overrides: ConfigOverrides): TopicConfigs {
  const values = entries.map(([key, setting]) => [key, effective(setting, overrides).value]);
  return Object.freeze(Object.fromEntries(values)) as TopicConfigs;
}

function effective(
  setting: TopicSetting<unknown>,
  overrides: ConfigOverrides,
): ReadValue & { readonly source: 'default' | 'topic' } {
  const text = Object.hasOwn(overrides, setting.name) ? overrides[setting.name] : undefined;
  const own = text === undefined ? undefined : readValue(setting, text);
  if (own) return { ...own, source: 'topic' };
  return { ...(readValue(setting, setting.default) as ReadValue), source: 'default' };
}

export const topicConfigDefaults = meaningOf({});

/** Every setting, in the order of the list. */
export function describeConfigs(overrides: ConfigOverrides): DescribedConfig[] {
  return entries.map(([, setting]) => {
    const { text: value, source } = effective(setting, overrides);
    const { name, default: byDefault, documentation } = setting;
    return { name, value, default: byDefault, source, documentation };
  });
}

/** All of the change, or none of it and the first thing that is wrong with it. */
export function changeConfigs(before: ConfigOverrides, change: ConfigChange): ConfigChangeOutcome {
  const { set = {}, remove = [] } = change;
  const after = new Map(Object.entries(before));
  for (const name of remove) {
    // What is stored can always be removed, whoever stored it.
    if (!byName.has(name) && !after.has(name)) return invalid(name, unknownName(name));
    if (Object.hasOwn(set, name)) return invalid(name, `${name} is both set and removed`);
    after.delete(name);
  }
  for (const [name, text] of Object.entries(set)) {
    const setting = byName.get(name);
    if (!setting) return invalid(name, unknownName(name));
    const read = readValue(setting, text);
    if (!read) {
      return invalid(name, `${name} is ${allowedValues(setting)}, not ${quoted(text)}`);
    }
    after.set(name, read.text);
  }
  return { kind: 'changed', configs: Object.fromEntries(after) };
}

function invalid(setting: string, message: string): ConfigChangeOutcome {
  return { kind: 'invalid', setting, message };
}

function unknownName(name: string): string {
  const near = nearestName(name, configNames);
  const meant = near === undefined ? '' : `; did you mean ${near}?`;
  return `there is no setting ${quoted(name)}${meant} (known: ${configNames.join(', ')})`;
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}
