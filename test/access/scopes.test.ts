/** lib/access/scopes.js and principal.js: what is not allowed is refused, and a part is never more. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  allows,
  allowsPattern,
  localPrincipal,
  type Principal,
} from '../../lib/access/principal.js';
import {
  auditTopic,
  cluster,
  everything,
  groupNamed,
  isWithin,
  literalPrefix,
  type Operation,
  permits,
  type Resource,
  type Scope,
  type ScopeOperation,
  scopeOperations,
  topicNamed,
} from '../../lib/access/scopes.js';
import { compileTopicPattern } from '../../lib/coordinator/topic-pattern.js';

const scope = (
  operations: ScopeOperation[],
  topics: string[] = [''],
  groups: string[] = [''],
): Scope => ({ operations, topics, groups });

describe('a scope', () => {
  const topic = topicNamed('orders-eu');
  const group = groupNamed('billing');
  const all: [Operation, Resource][] = [
    ...(['describe', 'produce', 'consume', 'admin'] as const).map((one): [Operation, Resource] => [
      one,
      topic,
    ]),
    ...(['describe', 'group', 'admin'] as const).map((one): [Operation, Resource] => [one, group]),
    ['produce', cluster],
    ['admin', cluster],
  ];
  const said = (scopes: readonly Scope[]) =>
    all
      .filter(([operation, resource]) => permits(scopes, operation, resource))
      .map(([operation, { kind }]) => `${operation} ${kind}`);

  test.each<[ScopeOperation, string[]]>([
    ['produce', ['describe topic', 'produce topic', 'produce cluster']],
    ['consume', ['describe topic', 'consume topic']],
    ['group', ['describe group', 'group group']],
    ['read-only', ['describe topic', 'consume topic', 'describe group']],
    ['admin', ['describe topic', 'admin topic', 'describe group', 'admin group', 'admin cluster']],
  ])('%s allows exactly its own', (operation, allowed) => {
    expect(said([scope([operation])])).toEqual(allowed);
  });

  test('reaches names by their beginnings alone', () => {
    const scopes = [scope(['produce', 'group'], ['orders-'], ['bill'])];
    expect(permits(scopes, 'produce', topicNamed('orders-eu'))).toBe(true);
    expect(permits(scopes, 'produce', topicNamed('orders'))).toBe(false);
    expect(permits(scopes, 'produce', topicNamed('my-orders-eu'))).toBe(false);
    expect(permits(scopes, 'group', groupNamed('billing'))).toBe(true);
    expect(permits(scopes, 'group', groupNamed('orders-eu'))).toBe(false);
  });

  test('without prefixes reaches nothing, and none at all allows nothing', () => {
    expect(said([scope([...scopeOperations], [], [])])).toEqual(['produce cluster']);
    expect(said([])).toEqual([]);
  });

  test('an admin of some names is none of the installation', () => {
    expect(permits([scope(['admin'], ['a'])], 'admin', cluster)).toBe(false);
    expect(permits([scope(['admin'], [''], ['g'])], 'admin', cluster)).toBe(false);
    const halves = [scope(['admin'], [''], []), scope(['admin'], [], [''])];
    expect(permits(halves, 'admin', cluster)).toBe(false);
  });

  test('the audit log is for admins of the installation to read, and for nobody to write', () => {
    const audit = topicNamed(auditTopic);
    expect(permits([scope(['consume', 'read-only'])], 'consume', audit)).toBe(false);
    expect(permits([scope(['consume', 'read-only'])], 'describe', audit)).toBe(false);
    expect(permits(everything, 'consume', audit)).toBe(true);
    expect(permits(everything, 'produce', audit)).toBe(false);
  });
});

const names = fc.stringMatching(/^[ab_]{0,4}$/);
const scopes: fc.Arbitrary<Scope[]> = fc.array(
  fc.record({
    operations: fc.subarray([...scopeOperations], { minLength: 1 }),
    topics: fc.array(names, { maxLength: 3 }),
    groups: fc.array(names, { maxLength: 3 }),
  }),
  { maxLength: 3 },
);
const resources: fc.Arbitrary<Resource> = fc.oneof(
  names.map(topicNamed),
  fc.constant(topicNamed(auditTopic)),
  names.map(groupNamed),
  fc.constant(cluster),
);
const operations = fc.constantFrom<Operation>('describe', 'produce', 'consume', 'group', 'admin');

test('what lies within allows nothing that the whole does not', () => {
  let within = 0;
  fc.assert(
    fc.property(scopes, scopes, operations, resources, (narrow, extra, operation, resource) => {
      for (const wide of [extra, [...narrow, ...extra], narrow]) {
        if (!isWithin(narrow, wide)) continue;
        within++;
        if (permits(narrow, operation, resource)) {
          expect(permits(wide, operation, resource)).toBe(true);
        }
      }
    }),
    { numRuns: 3_000 },
  );
  expect(within).toBeGreaterThan(1_000);
});

test('every bound of a principal must allow it', () => {
  const token: Principal = { ...localPrincipal, bounds: [everything, [scope(['consume'], ['a'])]] };
  expect(allows(token, 'consume', topicNamed('ab'))).toBe(true);
  expect(allows(token, 'consume', topicNamed('b'))).toBe(false);
  expect(allows(token, 'admin', cluster)).toBe(false);
  expect(allowsPattern(token, 'a.*')).toBe(true);
  expect(allowsPattern(token, '.*')).toBe(false);
  expect(allowsPattern(localPrincipal, '.*')).toBe(true);
});

describe('the beginning of a pattern', () => {
  test.each([
    ['orders-.*', 'orders-'],
    ['^orders\\.eu', 'orders.eu'],
    ['ab*', 'a'],
    ['ab?c', 'a'],
    ['ab{0,1}', 'a'],
    ['a|b', ''],
    ['(ab)c', ''],
    ['a\\d', 'a'],
    ['[a]b', ''],
    ['', ''],
  ])('of %j is %j', (pattern, prefix) => expect(literalPrefix(pattern)).toBe(prefix));

  test('every name that matches has it', () => {
    const patterns = fc.stringMatching(
      /^\^?([ab]|\\\.|a\*|b\?|a\{0,2\}|\(ab\)|\(a\|b\)|\[ab\]|\.|b\+){0,5}$/,
    );
    const someNames = fc.stringMatching(/^[ab.]{0,6}$/);
    fc.assert(
      fc.property(patterns, someNames, (pattern, name) => {
        if (compileTopicPattern(pattern)(name))
          expect(name).toSatisfy((text: string) => text.startsWith(literalPrefix(pattern)));
      }),
      { numRuns: 3_000 },
    );
  });
});
