/**
 * A history as text: one JSON object per line. What is not an event is refused with the number of its
 * line and the field that is wrong; nothing is guessed.
 */

import type { HistoryEvent } from './history.js';

/** `line` counts from 1; for a checker that is fed events it is the number of the event. */
export class HistoryError extends Error {
  readonly line: number;

  constructor(line: number, reason: string) {
    super(`line ${line} of the history: ${reason}`);
    this.name = 'HistoryError';
    this.line = line;
  }
}

export function formatEvent(event: HistoryEvent): string {
  return JSON.stringify(event);
}

/** Empty lines are passed over, so that a file may end with a line feed. */
export function* parseHistory(text: string | Iterable<string>): Generator<HistoryEvent> {
  let line = 0;
  for (const each of typeof text === 'string' ? text.split('\n') : text) {
    line++;
    if (each.trim() !== '') yield parseEvent(each, line);
  }
}

export function parseEvent(text: string, line = 1): HistoryEvent {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new HistoryError(line, 'it is not JSON');
  }
  const wrong = complaintAbout(json);
  if (wrong !== undefined) throw new HistoryError(line, wrong);
  return json as HistoryEvent;
}

type Fields = Readonly<Record<string, unknown>>;
/** What a field must be, and how to say so. */
type Rule = readonly [accepts: (value: unknown) => boolean, sentence: string];

const isText = (value: unknown): value is string => typeof value === 'string';
const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

const text: Rule = [isText, 'a string'];
const count: Rule = [isCount, 'a whole number from 0'];
const integer: Rule = [Number.isSafeInteger, 'a whole number'];
const flag: Rule = [(value) => typeof value === 'boolean', 'true or false'];
const token: Rule = [(value) => value === null || isText(value), 'a string or null'];
const values: Rule = [
  (value) => Array.isArray(value) && value.length > 0 && value.every(isText),
  'an array of strings that is not empty',
];
const texts: Rule = [
  (value) => Array.isArray(value) && value.every(isText),
  'an array of strings, as many as values',
];
const counts: Rule = [
  (value) => Array.isArray(value) && value.every(isCount),
  'an array of whole numbers from 0',
];
const records: Rule = [
  (value) =>
    Array.isArray(value) &&
    value.every((r) => Array.isArray(r) && r.length === 2 && isCount(r[0]) && isText(r[1])),
  'an array of [offset, value]',
];
const producer: Rule = [
  (value) =>
    isObject(value) &&
    [value.producerId, value.epoch, value.baseSequence].every(Number.isSafeInteger),
  '{producerId, epoch, baseSequence}',
];

const optional = ([accepts, sentence]: Rule): Rule => [
  (value) => value === undefined || accepts(value),
  sentence,
];

const always = { process: text, atMs: optional([Number.isFinite, 'a number']) };

/** By `type`, and where an operation says more, by `type op`. */
const shapes: Readonly<Record<string, Readonly<Record<string, Rule>>>> = {
  fail: { code: text, earliest: optional(integer) },
  unknown: { code: optional(text) },
  'invoke append': {
    log: text,
    values,
    keys: optional(texts),
    tombstones: optional(counts),
    producer: optional(producer),
    expectedOffset: optional(count),
    fencingToken: optional(text),
  },
  'invoke read': { log: text, offset: count, final: optional(flag) },
  'invoke fence': { log: text, token },
  'invoke trim': { log: text, offset: count },
  'invoke commit': {
    group: text,
    log: text,
    member: text,
    memberEpoch: integer,
    offset: count,
    reset: optional(flag),
  },
  'ok append': { baseOffset: count },
  'ok read': { records, nextOffset: count, highWatermark: count, logStartOffset: count },
  'ok fence': {},
  'ok trim': { logStartOffset: count },
  'ok commit': {},
};

/** Only texts are put together: of other values, some cannot even be printed. */
function kindOf({ type, op }: Fields): string | undefined {
  if (!isText(type)) return undefined;
  return (type === 'invoke' || type === 'ok') && isText(op) ? `${type} ${op}` : type;
}

function complaintAbout(json: unknown): string | undefined {
  if (!isObject(json)) return 'it is not an object';
  const kind = kindOf(json);
  if (kind === undefined) return 'it has no type of event';
  const shape = Object.hasOwn(shapes, kind) && shapes[kind];
  if (!shape) return `there is no event ${JSON.stringify(kind.slice(0, 60))}`;
  for (const rules of [always, shape] as const) {
    for (const [name, [accepts, sentence]] of Object.entries(rules)) {
      if (!accepts(json[name])) return `\`${name}\` must be ${sentence}`;
    }
  }
  return undefined;
}
