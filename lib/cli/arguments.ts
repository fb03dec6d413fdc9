/**
 * Values of options and arguments. A wrong one throws `InvalidArgumentError`, which commander reports
 * with the option's name.
 */

import { InvalidArgumentError } from 'commander';

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

/** `\t` as it is typed in a shell is a tab. */
export function separator(text: string): string {
  if (text === '') throw new InvalidArgumentError('It must not be empty.');
  return text.replaceAll('\\t', '\t');
}

/** Milliseconds since 1970, or an ISO 8601 time. */
export function instantMs(text: string): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Date.parse(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new InvalidArgumentError('It must be milliseconds since 1970 or an ISO 8601 time.');
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** `500ms`, `10s`, `5m`, `1h`; a number alone is seconds. */
export function durationMs(text: string): number {
  const [, digits = '', unit = 's'] = /^(\d{1,9})(ms|s|m|h)?$/.exec(text) ?? [];
  const value = digits === '' ? 0 : Number(digits) * (unitMs[unit] as number);
  if (value > 0) return value;
  throw new InvalidArgumentError('It must be a time like 500ms, 10s, 5m or 1h.');
}
