/** Who may import whom. The only place where this is written down; test/tidy.test.ts holds it. */

export type Room = {
  /** Rooms it may import from, besides itself. */
  readonly may: readonly string[];
  /** Packages it may import: exact names, or prefixes that end in "/" or ":". */
  readonly packages: readonly string[];
  /** No clock, randomness, environment, timers or console of its own. */
  readonly pure: boolean;
};

export const rooms: Readonly<Record<string, Room>> = {
  'lib/log': { may: [], packages: [], pure: true },
  'lib/checker': { may: ['lib/log'], packages: [], pure: true },
  'lib/coordinator': { may: ['lib/log'], packages: [], pure: true },
  'lib/access': { may: [], packages: [], pure: true },
  'lib/store': { may: ['lib/log', 'lib/coordinator', 'lib/access'], packages: [], pure: true },
  'lib/store/memory': {
    may: ['lib/log', 'lib/coordinator', 'lib/access', 'lib/store'],
    packages: [],
    pure: true,
  },
  'lib/store/local': {
    may: ['lib/log', 'lib/coordinator', 'lib/access', 'lib/store'],
    packages: ['node:', 'lmdb', 'ordered-binary'],
    pure: false,
  },
  'lib/store/aws': {
    may: ['lib/log', 'lib/coordinator', 'lib/access', 'lib/store'],
    packages: ['@aws-sdk/', 'node:zlib'],
    pure: false,
  },
  'lib/runtime': {
    may: ['lib/log', 'lib/access', 'lib/store'],
    packages: ['node:', 'crc-32/crc32c.js', '@node-rs/crc32', 'fflate', 'pino'],
    pure: false,
  },
  'lib/jobs': { may: ['lib/log', 'lib/store'], packages: [], pure: true },
  'lib/broker': {
    may: ['lib/log', 'lib/coordinator', 'lib/access', 'lib/store'],
    packages: [],
    pure: true,
  },
  'lib/contract': {
    may: ['lib/log', 'lib/coordinator', 'lib/access'],
    packages: ['zod'],
    pure: true,
  },
  'lib/http': {
    may: [
      'lib/log',
      'lib/coordinator',
      'lib/access',
      'lib/store',
      'lib/broker',
      'lib/jobs',
      'lib/contract',
    ],
    packages: ['hono', 'hono/', 'zod', 'zod-openapi'],
    pure: true,
  },
  'lib/client': {
    may: ['lib/log', 'lib/coordinator', 'lib/access', 'lib/contract'],
    packages: [],
    pure: false,
  },
  'lib/kinesis': {
    may: ['lib/log', 'lib/access', 'lib/store', 'lib/broker'],
    packages: ['node:buffer', 'node:crypto', 'zod', 'cborg', '@smithy/eventstream-codec'],
    pure: false,
  },
  'lib/cli': {
    may: ['lib/log', 'lib/access', 'lib/client', 'lib/contract', 'lib/checker'],
    packages: ['node:', 'commander', 'cli-progress', 'cli-table3'],
    pure: false,
  },
  'lib/settings': { may: ['lib/log'], packages: ['zod'], pure: true },
  'lib/infra': {
    may: ['lib/settings'],
    packages: ['node:', 'aws-cdk-lib', 'aws-cdk-lib/', 'constructs'],
    pure: false,
  },
};
