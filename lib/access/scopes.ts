/**
 * What a key may do: operations, on topics and groups by the prefixes of their names. Whatever is not
 * allowed by some scope is refused. Who may do everything may also manage the keys themselves.
 */

export const scopeOperations = ['produce', 'consume', 'group', 'admin', 'read-only'] as const;
export type ScopeOperation = (typeof scopeOperations)[number];

/** An empty prefix is every name; no prefix at all is none. */
export type Scope = {
  readonly operations: readonly ScopeOperation[];
  readonly topics: readonly string[];
  readonly groups: readonly string[];
};

/** What a request asks for. `describe`: see that it is there, its settings, its ends. */
export type Operation = 'describe' | 'produce' | 'consume' | 'group' | 'admin';

export type Resource =
  | { readonly kind: 'topic'; readonly name: string }
  | { readonly kind: 'group'; readonly id: string }
  /** The installation: its keys, its producer ids. */
  | { readonly kind: 'cluster' };

export const cluster: Resource = { kind: 'cluster' };
export const topicNamed = (name: string): Resource => ({ kind: 'topic', name });
export const groupNamed = (id: string): Resource => ({ kind: 'group', id });

/** For people, and for the audit log. */
export function resourceText(resource: Resource): string {
  if (resource.kind === 'cluster') return 'cluster';
  const name = resource.kind === 'topic' ? resource.name : resource.id;
  return `${resource.kind} ${name.slice(0, 300)}`;
}

export const everything: readonly Scope[] = [
  { operations: ['produce', 'consume', 'group', 'admin'], topics: [''], groups: [''] },
];

/** The record of who did what. Only admins of the installation see it, and only Logbrook writes it. */
export const auditTopic = '__audit';

export const isInternalTopic = (name: string): boolean => name === auditTopic;

/** Scope operations that include an operation, by what it is done to. */
const including = {
  topic: {
    describe: ['produce', 'consume', 'admin', 'read-only'],
    produce: ['produce'],
    consume: ['consume', 'read-only'],
    group: [],
    admin: ['admin'],
  },
  group: {
    describe: ['group', 'admin', 'read-only'],
    produce: [],
    consume: [],
    group: ['group'],
    admin: ['admin'],
  },
} as const satisfies Record<'topic' | 'group', Record<Operation, readonly ScopeOperation[]>>;

export function permits(
  scopes: readonly Scope[],
  operation: Operation,
  resource: Resource,
): boolean {
  if (resource.kind === 'cluster') return permitsCluster(scopes, operation);
  if (resource.kind === 'topic' && isInternalTopic(resource.name)) {
    return operation !== 'produce' && permitsCluster(scopes, 'admin');
  }
  const wanted: readonly ScopeOperation[] = including[resource.kind][operation];
  return scopes.some(
    (scope) =>
      scope.operations.some((one) => wanted.includes(one)) &&
      (resource.kind === 'topic'
        ? startsWithOne(resource.name, scope.topics)
        : startsWithOne(resource.id, scope.groups)),
  );
}

/** `admin` of the installation is `admin` of every topic and every group: it may give away all of it. */
function permitsCluster(scopes: readonly Scope[], operation: Operation): boolean {
  if (operation === 'produce') return scopes.some((one) => one.operations.includes('produce'));
  return scopes.some(
    ({ operations, topics, groups }) =>
      operations.includes('admin') && topics.includes('') && groups.includes(''),
  );
}

function startsWithOne(name: string, prefixes: readonly string[]): boolean {
  return prefixes.some((prefix) => name.startsWith(prefix));
}

/** Whether everything that `narrow` allows is allowed by `wide`, scope by scope. */
export function isWithin(narrow: readonly Scope[], wide: readonly Scope[]): boolean {
  return narrow.every((scope) =>
    scope.operations.every(
      (operation) =>
        scope.topics.every((prefix) => covers(wide, operation, 'topics', prefix)) &&
        scope.groups.every((prefix) => covers(wide, operation, 'groups', prefix)) &&
        (!isClusterAdmin(scope, operation) || permitsCluster(wide, 'admin')) &&
        wide.some(({ operations }) => includes(operations, operation)),
    ),
  );
}

function isClusterAdmin({ topics, groups }: Scope, operation: ScopeOperation): boolean {
  return operation === 'admin' && topics.includes('') && groups.includes('');
}

function covers(
  wide: readonly Scope[],
  operation: ScopeOperation,
  names: 'topics' | 'groups',
  prefix: string,
): boolean {
  return wide.some(
    (scope) => includes(scope.operations, operation) && startsWithOne(prefix, scope[names]),
  );
}

/** Reading alone is a part of consuming only as far as topics go, so it is not a part of anything else. */
function includes(operations: readonly ScopeOperation[], operation: ScopeOperation): boolean {
  return operations.includes(operation);
}

/**
 * Whether every topic that a pattern can match may be consumed, judged by the letters that it begins
 * with. Members of a group learn of the topics that their pattern matches.
 */
export function permitsPattern(scopes: readonly Scope[], pattern: string): boolean {
  return permits(scopes, 'consume', topicNamed(literalPrefix(pattern)));
}

/** The letters that every match begins with; too few of them rather than too many. */
export function literalPrefix(pattern: string): string {
  if (pattern.includes('|')) return '';
  const [, letters = '', next = ''] = /^\^?((?:[A-Za-z0-9_-]|\\\.)*)(.?)/.exec(pattern) ?? [];
  const literal = letters.replaceAll('\\.', '.');
  // What follows may make the last letter optional.
  return '*?{+'.includes(next) && next !== '' ? literal.slice(0, -1) : literal;
}
