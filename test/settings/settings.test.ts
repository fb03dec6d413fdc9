/** lib/settings/settings.js: what the environment says, taken strictly, all problems told at once. */

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { jobDefaults } from '../../lib/jobs/job-settings.js';
import { logLevels, parseSettings, variables } from '../../lib/settings/settings.js';

const defaults = {
  table: undefined,
  bucket: undefined,
  logLevel: 'info',
  topicCacheMs: undefined,
  tailPollMs: undefined,
  recentBytesMax: undefined,
  inlineBytesMax: undefined,
  streamLifeMs: undefined,
  kmsKey: undefined,
  rootSecretArn: undefined,
  rootKey: undefined,
  publicHosts: [],
  jobsFunction: undefined,
  edgeSecret: undefined,
  groups: {},
  jobs: {},
};

function problemsOf(environment: Record<string, string>): readonly string[] {
  const parsed = parseSettings(environment);
  return parsed.kind === 'problems' ? parsed.problems : [];
}

describe('settings', () => {
  test('an empty environment leaves everything to the parts that are tuned', () => {
    expect(parseSettings({})).toEqual({ kind: 'settings', settings: defaults });
  });

  test('every variable is read under its name', () => {
    const environment = {
      LOGBROOK_TABLE: 'logs',
      LOGBROOK_BUCKET: 'bytes',
      LOGBROOK_LOG_LEVEL: 'warn',
      LOGBROOK_TOPIC_CACHE_MS: '0',
      LOGBROOK_TAIL_POLL_MS: '250',
      LOGBROOK_RECENT_BYTES_MAX: '67108864',
      LOGBROOK_INLINE_BYTES_MAX: '2000',
      LOGBROOK_STREAM_LIFE_MS: '999999999999999',
      LOGBROOK_KMS_KEY: 'alias/logbrook',
      LOGBROOK_ROOT_SECRET_ARN: 'arn:secret',
      LOGBROOK_ROOT_KEY: 'LBROOT.x',
      LOGBROOK_PUBLIC_HOSTS: 'log.example.com, log.example.com:8443',
      LOGBROOK_EDGE_SECRET: 'e'.repeat(32),
      LOGBROOK_JOBS_INTERVAL_MS: '0',
      LOGBROOK_JOBS_RUN_MS_MAX: '1',
      LOGBROOK_JOBS_RUN_BYTES_MAX: '2',
      LOGBROOK_JOBS_MEMORY_BYTES_MAX: '3',
      LOGBROOK_JOBS_DEDUPE_BYTES_MAX: '7',
      LOGBROOK_COMPACT_AFTER_MS: '4',
      LOGBROOK_GRACE_MS: '5',
      LOGBROOK_LEASE_MS: '6000',
      LOGBROOK_JOBS_FUNCTION: 'the-jobs',
      LOGBROOK_OFFSETS_RETENTION_MINUTES: '60',
    };
    expect(Object.values(variables).sort()).toEqual(Object.keys(environment).sort());
    expect(parseSettings(environment)).toEqual({
      kind: 'settings',
      settings: {
        table: 'logs',
        bucket: 'bytes',
        logLevel: 'warn',
        topicCacheMs: 0,
        tailPollMs: 250,
        recentBytesMax: 67_108_864,
        inlineBytesMax: 2_000,
        streamLifeMs: 999_999_999_999_999,
        kmsKey: 'alias/logbrook',
        rootSecretArn: 'arn:secret',
        rootKey: 'LBROOT.x',
        publicHosts: ['log.example.com', 'log.example.com:8443'],
        jobsFunction: 'the-jobs',
        edgeSecret: 'e'.repeat(32),
        groups: { offsetsRetentionMinutes: 60 },
        jobs: {
          intervalMs: 0,
          runMsMax: 1,
          runBytesMax: 2,
          memoryBytesMax: 3,
          dedupeBytesMax: 7,
          compactAfterMs: 4,
          graceMs: 5,
          leaseMs: 6_000,
        },
      },
    });
  });

  test('offsets are kept for a minute at least', () => {
    const problems = problemsOf({ LOGBROOK_OFFSETS_RETENTION_MINUTES: '0' });
    expect(problems).toEqual(['LOGBROOK_OFFSETS_RETENTION_MINUTES must be at least 1, not 0']);
  });

  test('a lease that is too short for its leader, and a timer that is too long for Node, are told', () => {
    const problems = problemsOf({
      LOGBROOK_LEASE_MS: '4999',
      LOGBROOK_JOBS_INTERVAL_MS: '2147483648',
      LOGBROOK_GRACE_MS: 'soon',
    });
    expect(problems).toEqual([
      expect.stringContaining('LOGBROOK_GRACE_MS must be a whole number'),
      expect.stringContaining('LOGBROOK_JOBS_INTERVAL_MS must be at most 2147483647'),
      expect.stringContaining('LOGBROOK_LEASE_MS must be at least 5000'),
    ]);
  });

  test('a secret that could be guessed is refused, and not shown', () => {
    for (const LOGBROOK_EDGE_SECRET of ['short', 'x y'.repeat(20)]) {
      expect(problemsOf({ LOGBROOK_EDGE_SECRET })).toEqual([
        'LOGBROOK_EDGE_SECRET must be 32 to 256 letters and digits',
      ]);
    }
  });

  test('those of maintenance are documented, with the defaults they have', () => {
    const docs = readFileSync('docs/maintenance.md', 'utf8');
    const rows = [...docs.matchAll(/^\| `(LOGBROOK_\w+)` \| (\d+) \|/gm)];
    const parsed = parseSettings(Object.fromEntries(rows.map(([, name, value]) => [name, value])));
    if (parsed.kind === 'problems') throw new Error(parsed.problems.join());
    expect(parsed.settings.jobs).toEqual(jobDefaults);
  });

  test('an empty variable is none', () => {
    const empty = Object.fromEntries(Object.values(variables).map((name) => [name, '']));
    expect(parseSettings(empty)).toEqual(parseSettings({}));
  });

  test('variables of others are none of ours', () => {
    expect(parseSettings({ PATH: 'x', LOGBROOK_ELSE: 'y' })).toEqual(parseSettings({}));
  });

  test.each(logLevels)('%s is a log level', (level) => {
    const parsed = parseSettings({ LOGBROOK_LOG_LEVEL: level });
    expect(parsed).toEqual({ kind: 'settings', settings: { ...defaults, logLevel: level } });
  });
});

describe('wrong settings', () => {
  test.each(['-1', '1.5', '1e3', '0x10', ' 5', 'many', '1000000000000000', '١'])(
    '%j is no count',
    (value) => {
      const [problem, ...others] = problemsOf({ LOGBROOK_TAIL_POLL_MS: value });
      expect(problem).toMatch(/^LOGBROOK_TAIL_POLL_MS must be a whole number of at least 0/);
      expect(problem).toContain(JSON.stringify(value));
      expect(others).toEqual([]);
    },
  );

  test.each(['INFO', 'verbose', 'silent '])('%j is no log level', (value) => {
    const problems = problemsOf({ LOGBROOK_LOG_LEVEL: value });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^LOGBROOK_LOG_LEVEL must be one of .*info, warn, error, silent/);
  });

  test('all problems are told at once', () => {
    const wrong = Object.fromEntries(Object.values(variables).map((name) => [name, '?']));
    const named = problemsOf(wrong).map((problem) => problem.split(' ')[0]);
    // These are texts that are not judged here.
    const texts = /TABLE|BUCKET|KMS_KEY|ROOT_|PUBLIC_HOSTS|JOBS_FUNCTION/;
    const names = Object.values(variables).filter((name) => !texts.test(name));
    expect([...named].sort()).toEqual([...names].sort());
  });
});
