/**
 * Values of options and arguments. A wrong one throws `InvalidArgumentError`, which commander reports
 * with the option's name.
 */

import { InvalidArgumentError } from 'commander';
import { type ScopeOperation, scopeOperations } from '../access/scopes.js';

/** A parser of plain decimal numbers within bounds. */
export function wholeNumber(min: number, max = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    const range = max === Number.MAX_SAFE_INTEGER ? `from ${min} up` : `from ${min} to ${max}`;
    throw new InvalidArgumentError(`It must be a whole number ${range}.`);
  };
}

export const partitionMax = 2 ** 31 - 1;
const partitionNumber = wholeNumber(0, partitionMax);

/** Repeatable. */
export function addPartition(text: string, before: readonly number[] = []): number[] {
  return [...before, partitionNumber(text)];
}

export type HeaderPair = readonly [name: string, value: string];

/** Repeatable; order and duplicates are kept. */
export function addHeader(text: string, before: readonly HeaderPair[] = []): HeaderPair[] {
  const equals = text.indexOf('=');
  if (equals < 1) throw new InvalidArgumentError('It must be NAME=VALUE.');
  return [...before, [text.slice(0, equals), text.slice(equals + 1)]];
}

/** Repeatable; of one setting given twice the last counts. */
export function addConfig(
  text: string,
  before: ReadonlyMap<string, string> = new Map(),
): ReadonlyMap<string, string> {
  const equals = text.indexOf('=');
  if (equals < 1) throw new InvalidArgumentError('It must be SETTING=VALUE.');
  return new Map([...before, [text.slice(0, equals).trim(), text.slice(equals + 1).trim()]]);
}

/** Repeatable. */
export function addName(text: string, before: readonly string[] = []): string[] {
  if (text === '') throw new InvalidArgumentError('It must not be empty.');
  return [...before, text];
}

/** As Kafka's tools take it; without replicas, 1 waits for as much as all. */
export function acksOf(text: string): 'all' | '0' {
  if (text === '0') return '0';
  if (['all', '1', '-1'].includes(text)) return 'all';
  throw new InvalidArgumentError('It must be all or 0.');
}

/** `\t` as it is typed in a shell is a tab. */
export function separator(text: string): string {
  if (text === '') throw new InvalidArgumentError('It must not be empty.');
  return text.replaceAll('\\t', '\t');
}

/** Milliseconds since 1970, or an ISO 8601 time. */
export function instantMs(text: string): number {
  const value = instantIn(text);
  if (value !== undefined) return value;
  throw new InvalidArgumentError('It must be milliseconds since 1970 or an ISO 8601 time.');
}

function instantIn(text: string): number | undefined {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Date.parse(text);
  return Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

/** The same, or a time like `-1h`: so long before now. Either may be written with the @ of `consume -o`. */
export function timeMs(text: string): number {
  const bare = text.startsWith('@') ? text.slice(1) : text;
  if (bare.startsWith('-')) return Math.max(0, Date.now() - durationMs(bare.slice(1)));
  const value = instantIn(bare);
  if (value !== undefined) return value;
  throw new InvalidArgumentError(
    'It must be milliseconds since 1970, an ISO 8601 time, or so long ago: -1h.',
  );
}

const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** `500ms`, `10s`, `5m`, `1h`, `7d`, or ISO 8601 as Kafka's scripts take it: `PT1H30M`; a number alone is seconds. */
export function durationMs(text: string): number {
  const [, digits = '', unit = 's'] = /^(\d{1,9})(ms|s|m|h|d)?$/.exec(text) ?? [];
  const value = digits === '' ? isoDurationMs(text) : Number(digits) * (unitMs[unit] as number);
  if (value > 0) return value;
  throw new InvalidArgumentError('It must be a time like 500ms, 10s, 5m, 1h or 7d.');
}

/** 0 for what is none. */
function isoDurationMs(text: string): number {
  const parts = /^P(?:(\d{1,6})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,9})S)?)?$/.exec(text);
  const [days = 0, hours = 0, minutes = 0, seconds = 0] = (parts ?? [])
    .slice(1)
    .map((n) => Number(n ?? 0));
  return ((days * 24 + hours) * 60 + minutes) * 60_000 + seconds * 1_000;
}

/** Repeatable, and several with commas. */
export function addScopeOperations(
  text: string,
  before: readonly ScopeOperation[] = [],
): ScopeOperation[] {
  const named = text.split(',').map((part) => part.trim());
  const unknown = named.find((name) => !(scopeOperations as readonly string[]).includes(name));
  if (unknown === undefined) return [...new Set([...before, ...(named as ScopeOperation[])])];
  throw new InvalidArgumentError(`It must be out of ${scopeOperations.join(', ')}.`);
}

/** Repeatable; an empty one is all names. */
export function addPrefix(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}
