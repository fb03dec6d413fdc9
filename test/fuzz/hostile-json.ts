/**
 * JSON that nobody who means well sends: values that break what handles them carelessly, put in any place
 * of a valid document; and text that nearly is JSON.
 */

import fc from 'fast-check';
import { nearlyValid } from './mutated-bytes.js';

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** Stands for arrays in arrays, deep enough to overflow the stack of anything that recurses. */
export const veryDeep = '<very deep>';
const veryDeepText = '['.repeat(20_000) + ']'.repeat(20_000);

export const hostileValue: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json[]>(
    null,
    true,
    0,
    -1,
    1.5,
    2 ** 31,
    2 ** 53,
    1e308,
    '',
    '\ud800',
    '\u0000',
    'x'.repeat(5_000),
    [],
    [[]],
    {},
    // What makes String() of an object throw.
    { toString: 1, valueOf: 1 },
    { length: 2 ** 32 },
    { length: { toString: 1, valueOf: 1 } },
    { constructor: null, hasOwnProperty: 1 },
    JSON.parse('{"__proto__":{"toString":null}}'),
    veryDeep,
    { deep: veryDeep },
    ['a', veryDeep],
  ),
  fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>,
);

type Step = { readonly place: number; readonly stop: boolean };
type Change = { readonly kind: 'replace' | 'remove' | 'add' | 'repeat'; readonly value: Json };

const step: fc.Arbitrary<Step> = fc.record({ place: fc.nat({ max: 97 }), stop: fc.boolean() });
const change: fc.Arbitrary<Change> = fc.record({
  kind: fc.constantFrom('replace', 'replace', 'remove', 'add', 'repeat'),
  value: hostileValue,
});

const hostileNames = ['__proto__', 'constructor', 'toString', '', 'length', 'x'];

/** Walks down by `steps` and makes the change where they end. */
function changed(value: Json, steps: readonly Step[], how: Change): Json {
  const [here, ...rest] = steps;
  const size = typeof value === 'object' && value !== null ? Object.keys(value).length : 0;
  if (!here || here.stop || typeof value !== 'object' || value === null || size === 0) {
    return how.value;
  }
  const place = here.place % size;
  if (Array.isArray(value)) return changedItem(value, place, rest, how);
  const entries = Object.entries(value);
  const [name, inner] = entries[place] as [string, Json];
  if (rest.length > 0 && !rest[0]?.stop) entries[place] = [name, changed(inner, rest, how)];
  else if (how.kind === 'remove') entries.splice(place, 1);
  else if (how.kind === 'replace') entries[place] = [name, how.value];
  else entries.push([hostileNames[here.place % hostileNames.length] as string, how.value]);
  return Object.fromEntries(entries);
}

function changedItem(items: Json[], place: number, rest: readonly Step[], how: Change): Json {
  const copy = [...items];
  const inner = items[place] as Json;
  if (rest.length > 0 && !rest[0]?.stop) copy[place] = changed(inner, rest, how);
  else if (how.kind === 'remove') copy.splice(place, 1);
  else
    copy.splice(place, how.kind === 'replace' ? 1 : 0, how.kind === 'repeat' ? inner : how.value);
  return copy;
}

/** A document in which up to three places are not what they should be. */
export function nearlyDocument(valid: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  const changes = fc.array(fc.tuple(fc.array(step, { minLength: 1, maxLength: 5 }), change), {
    maxLength: 3,
  });
  return fc
    .tuple(valid, changes)
    .map(([document, list]) =>
      list.reduce((now, [steps, how]) => changed(now, steps, how), document as Json),
    );
}

const utf8 = new TextEncoder();

export function jsonText(value: unknown): string {
  return JSON.stringify(value).replaceAll(JSON.stringify(veryDeep), veryDeepText);
}

/** Bytes of a body: the document as JSON, or that text damaged as bytes are damaged. */
export function nearlyJson(valid: fc.Arbitrary<unknown>): fc.Arbitrary<Uint8Array> {
  const whole = nearlyDocument(valid).map((value) => utf8.encode(jsonText(value)));
  const damaged = nearlyValid(valid.map((value) => utf8.encode(jsonText(value))));
  return fc.oneof({ weight: 2, arbitrary: whole }, { weight: 1, arbitrary: damaged });
}
