/**
 * Where `groups seek` moves a group to: exactly one of Kafka's --to-... options.
 */

import { InvalidArgumentError, Option } from 'commander';
import type { ResetBody } from '../contract/groups.js';
import { durationMs, instantMs, partitionMax, wholeNumber } from './arguments.js';
import { UsageError } from './failure.js';

export type TargetOptions = {
  readonly toEarliest?: boolean;
  readonly toLatest?: boolean;
  readonly toOffset?: number;
  readonly toDatetime?: number;
  readonly byDuration?: number;
  readonly shiftBy?: number;
};

export const targetOptions: readonly Option[] = [
  new Option('--to-earliest', 'to the first record there is'),
  new Option('--to-latest', 'to the end'),
  new Option('--to-offset <n>', 'to this offset').argParser(wholeNumber(0)),
  new Option('--to-datetime <time>', 'to the first record of that time (ms or ISO 8601)').argParser(
    instantMs,
  ),
  new Option('--by-duration <time>', 'to so long ago: 30s, 5m, 1h, 7d, or PT1H').argParser(
    durationMs,
  ),
  new Option('--shift-by <n>', 'forth, or back when negative, from what is committed').argParser(
    signedNumber,
  ),
];

export function resetTarget(options: TargetOptions): ResetBody['to'] {
  const { toEarliest, toLatest, toOffset, toDatetime, byDuration, shiftBy } = options;
  const given: ResetBody['to'][] = [];
  if (toEarliest) given.push('earliest');
  if (toLatest) given.push('latest');
  if (toOffset !== undefined) given.push({ offset: toOffset });
  if (toDatetime !== undefined) given.push({ timestamp: toDatetime });
  if (byDuration !== undefined) given.push({ durationMs: byDuration });
  if (shiftBy !== undefined) given.push({ shiftBy });
  const [target, ...more] = given;
  if (target !== undefined && more.length === 0) return target;
  const names = targetOptions.map(({ long }) => long).join(', ');
  throw new UsageError(`Say where to with exactly one of ${names}.`);
}

function signedNumber(text: string): number {
  const value = /^[-+]?\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError('It must be a whole number, negative to go back.');
}

export type TopicChoice = { readonly topic: string; readonly partitions?: number[] };

/** TOPIC or TOPIC:0,1,2; repeatable. */
export function addTopicChoice(text: string, before: readonly TopicChoice[] = []): TopicChoice[] {
  const [, topic = '', list] = /^([^:]+)(?::(.*))?$/.exec(text) ?? [];
  if (topic === '') throw new InvalidArgumentError('It must be TOPIC or TOPIC:0,1,2.');
  if (list === undefined) return [...before, { topic }];
  return [...before, { topic, partitions: list.split(',').map(wholeNumber(0, partitionMax)) }];
}
