/**
 * What a request's members may be, as data, and the check of a request against it in AWS's own wording:
 * first whether every member has its type (`SerializationException`, the first that has not), then all
 * constraints together (`ValidationException`, at most ten).
 */

import { Buffer } from 'node:buffer';
import { TaggedTime } from './cbor.js';
import { serialization, validation } from './kinesis-error.js';

type Constraints = {
  readonly required?: true;
  /** Of a text, a blob, a list or a map. */
  readonly length?: readonly [min: number, max: number];
  readonly pattern?: string;
  readonly values?: readonly string[];
  readonly range?: readonly [min: number, max: number];
};

export type Shape = Constraints &
  (
    | { readonly kind: 'String' | 'Integer' | 'Boolean' | 'Blob' | 'Timestamp' }
    | { readonly kind: 'List'; readonly member: Shape; readonly memberName?: string }
    | {
        readonly kind: 'Map';
        readonly keyLength: readonly [number, number];
        readonly member: Shape;
      }
    | { readonly kind: 'Structure'; readonly members: Shapes }
  );
export type Shapes = Readonly<Record<string, Shape>>;

export type Members = Readonly<Record<string, unknown>>;

const problemsMax = 10;

/**
 * The members that the shapes know, as values of ours: texts, numbers, bytes, milliseconds. Whatever a
 * client sends beside them is passed over.
 */
export function checkMembers(input: Members, shapes: Shapes): Members {
  const members = readMembers(input, shapes);
  const problems: string[] = [];
  judgeMembers(members, shapes, '', problems);
  if (problems.length === 0) return members;
  const shown = problems.slice(0, problemsMax);
  const plural = shown.length > 1 ? 's' : '';
  throw validation(`${shown.length} validation error${plural} detected: ${shown.join('; ')}`);
}

function readMembers(input: Members, shapes: Shapes): Record<string, unknown> {
  const members: Record<string, unknown> = {};
  for (const name in shapes) {
    const value = input[name];
    if (value !== undefined && value !== null) members[name] = read(value, shapes[name] as Shape);
  }
  return members;
}

function read(value: unknown, shape: Shape): unknown {
  switch (shape.kind) {
    case 'String':
      if (typeof value === 'string') return value;
      throw wrongType(value, 'an String');
    case 'Integer':
      if (typeof value === 'number') return Math.min(Math.floor(value), 2_147_483_647);
      throw wrongType(value, 'an Integer');
    case 'Boolean':
      if (typeof value === 'boolean') return value;
      if (typeof value !== 'string') throw wrongType(value, 'an Boolean');
      throw serialization(`'${value.toUpperCase()}' can not be converted to an Boolean`);
    case 'Blob':
      return readBlob(value);
    case 'Timestamp':
      if (value instanceof TaggedTime) return value.ms;
      if (typeof value === 'number') return Math.round(value * 1000);
      throw wrongType(value, 'milliseconds since epoch');
    case 'List':
      if (!Array.isArray(value)) throw notNested(value, 'list');
      return value.map((one) => (one === null ? undefined : read(one, shape.member)));
    case 'Map': {
      const entries = Object.entries(nested(value, 'Expected map or null'));
      return Object.fromEntries(entries.map(([key, one]) => [key, read(one, shape.member)]));
    }
    case 'Structure':
      return readMembers(nested(value, 'Expected null'), shape.members);
  }
}

/** Standard base64 with its padding, to the letter: what is misread would be stored for ever. */
function readBlob(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value !== 'string') throw wrongType(value, 'a Blob');
  if (value.length % 4 !== 0) {
    throw badBlob(
      value,
      `Base64 encoded length is expected a multiple of 4 bytes but found: ${value.length}`,
    );
  }
  const bytes = Buffer.from(value, 'base64');
  const padding = value.endsWith('==') ? 2 : value.endsWith('=') ? 1 : 0;
  // Node passes over what is no base64: then bytes are missing. It also takes the URL's two characters.
  const short = bytes.length !== (value.length / 4) * 3 - padding;
  if (short || value.includes('-') || value.includes('_')) {
    const wrong = /[^a-zA-Z0-9+/=]|=[^=]/.exec(value)?.[0][0];
    throw badBlob(value, `Invalid Base64 character: '${wrong}'`);
  }
  // A view of its own, not of Node's type: its slices are to be copies.
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

function badBlob(value: string, why: string) {
  return serialization(`'${value}' can not be converted to a Blob: ${why}`);
}

function nested(value: unknown, otherwise: string): Members {
  if (typeof value !== 'object' || value === null) throw serialization(otherwise);
  if (Array.isArray(value)) throw serialization('Start of list found where not expected');
  return value as Members;
}

function notNested(value: unknown, kind: string) {
  if (typeof value !== 'object') return serialization(`Expected ${kind} or null`);
  return serialization('Start of structure or map found where not expected.');
}

function wrongType(value: unknown, wanted: string) {
  if (Array.isArray(value)) return serialization('Start of list found where not expected');
  if (typeof value === 'object') {
    return serialization('Start of structure or map found where not expected.');
  }
  const names: Readonly<Record<string, string>> = {
    boolean: 'java.lang.Boolean',
    number: 'com.amazon.coral.value.json.numbers.TruncatingBigNumber',
    string: 'java.lang.String',
  };
  return serialization(`class ${names[typeof value]} can not be converted to ${wanted}`);
}

function judgeMembers(members: Members, shapes: Shapes, path: string, problems: string[]): void {
  for (const name in shapes) {
    judge(members[name], shapes[name] as Shape, path + lowerFirst(name), problems);
    if (problems.length >= problemsMax) return;
  }
}

function judge(value: unknown, shape: Shape, path: string, problems: string[]): void {
  if (value === undefined) {
    if (shape.required) problems.push(problem('null', path, 'Member must not be null'));
    return;
  }
  for (const failed of failures(value, shape))
    problems.push(problem(shown(value, shape), path, failed));
  if (shape.kind === 'Structure') {
    judgeMembers(value as Members, shape.members, `${path}.`, problems);
  } else if (shape.kind === 'List') {
    for (const [i, one] of (value as unknown[]).entries()) {
      // Of plain members the list itself complains (`failures`).
      if (shape.member.kind !== 'Structure') return;
      judge(one, shape.member, `${path}.${i + 1}.member`, problems);
      if (problems.length >= problemsMax) return;
    }
  }
}

function problem(value: string, path: string, failed: string): string {
  return `Value ${value} at '${path}' failed to satisfy constraint: ${failed}`;
}

function failures(value: unknown, shape: Shape): string[] {
  const failed: string[] = [];
  const { length, pattern, values, range } = shape;
  if (pattern !== undefined && !expressionOf(pattern).test(value as string)) {
    failed.push(`Member must satisfy regular expression pattern: ${pattern}`);
  }
  if (length) {
    const size = lengthOf(value);
    if (size < length[0])
      failed.push(`Member must have length greater than or equal to ${length[0]}`);
    if (size > length[1]) failed.push(`Member must have length less than or equal to ${length[1]}`);
  }
  if (range && (value as number) < range[0]) {
    failed.push(`Member must have value greater than or equal to ${range[0]}`);
  }
  if (range && (value as number) > range[1]) {
    failed.push(`Member must have value less than or equal to ${range[1]}`);
  }
  if (values && !values.includes(value as string)) {
    failed.push(`Member must satisfy enum value set: [${values.join(', ')}]`);
  }
  if (shape.kind === 'List' || shape.kind === 'Map') failed.push(...nestedFailures(value, shape));
  return failed;
}

/** Plain members of a list or a map: one complaint for all of them. */
function nestedFailures(value: unknown, shape: Shape & { kind: 'List' | 'Map' }): string[] {
  const failed: string[] = [];
  const { member } = shape;
  const members = Object.values(value as object);
  if (shape.kind === 'Map') {
    const key: Shape = { kind: 'String', length: shape.keyLength };
    if (Object.keys(value as object).some((name) => failures(name, key).length > 0)) {
      failed.push(`Map keys must satisfy constraint: [${constraintsOf(key)}]`);
    }
  }
  if (member.kind !== 'Structure' && members.some((one) => failures(one, member).length > 0)) {
    const who = shape.kind === 'Map' ? 'Map value' : 'Member';
    failed.push(`${who} must satisfy constraint: [${constraintsOf(member)}]`);
  }
  return failed;
}

function constraintsOf({ length, values }: Shape): string {
  if (values) return `Member must satisfy enum value set: [${values.join(', ')}]`;
  const [min, max] = length ?? [0, 0];
  return `Member must have length less than or equal to ${max}, Member must have length greater than or equal to ${min}`;
}

function lengthOf(value: unknown): number {
  if (typeof value === 'string' || Array.isArray(value) || value instanceof Uint8Array) {
    return value.length;
  }
  return Object.keys(value as Members).length;
}

const expressions = new Map<string, RegExp>();

function expressionOf(pattern: string): RegExp {
  const known = expressions.get(pattern) ?? new RegExp(`^(?:${pattern})$`);
  expressions.set(pattern, known);
  return known;
}

/** As Java would print it. */
function shown(value: unknown, shape: Shape): string {
  if (value instanceof Uint8Array) {
    return `'java.nio.HeapByteBuffer[pos=0 lim=${value.length} cap=${value.length}]'`;
  }
  if (Array.isArray(value)) {
    const name = shape.kind === 'List' ? shape.memberName : undefined;
    return `'[${value.map((one) => name ?? String(one)).join(', ')}]'`;
  }
  if (typeof value === 'object') {
    const entries = Object.entries(value as Members).map(([key, one]) => `${key}=${one}`);
    return `'{${entries.join(', ')}}'`;
  }
  return `'${value}'`;
}

function lowerFirst(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}
