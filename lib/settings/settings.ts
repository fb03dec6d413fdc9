/**
 * Settings of a Logbrook process, read from environment variables once, at the edge. Names are shared by
 * what sets them (infra) and what reads them (lambda, serve). All problems are told at once.
 */

export const variables = {
  table: 'LOGBROOK_TABLE',
  bucket: 'LOGBROOK_BUCKET',
  logLevel: 'LOGBROOK_LOG_LEVEL',
  topicCacheMs: 'LOGBROOK_TOPIC_CACHE_MS',
  tailPollMs: 'LOGBROOK_TAIL_POLL_MS',
  recentBytesMax: 'LOGBROOK_RECENT_BYTES_MAX',
  inlineBytesMax: 'LOGBROOK_INLINE_BYTES_MAX',
  streamLifeMs: 'LOGBROOK_STREAM_LIFE_MS',
  kmsKey: 'LOGBROOK_KMS_KEY',
  rootSecretArn: 'LOGBROOK_ROOT_SECRET_ARN',
  rootKey: 'LOGBROOK_ROOT_KEY',
  publicHosts: 'LOGBROOK_PUBLIC_HOSTS',
  jobsFunction: 'LOGBROOK_JOBS_FUNCTION',
  edgeSecret: 'LOGBROOK_EDGE_SECRET',
  jobsIntervalMs: 'LOGBROOK_JOBS_INTERVAL_MS',
  jobsRunMsMax: 'LOGBROOK_JOBS_RUN_MS_MAX',
  jobsRunBytesMax: 'LOGBROOK_JOBS_RUN_BYTES_MAX',
  jobsMemoryBytesMax: 'LOGBROOK_JOBS_MEMORY_BYTES_MAX',
  jobsDedupeBytesMax: 'LOGBROOK_JOBS_DEDUPE_BYTES_MAX',
  compactAfterMs: 'LOGBROOK_COMPACT_AFTER_MS',
  graceMs: 'LOGBROOK_GRACE_MS',
  leaseMs: 'LOGBROOK_LEASE_MS',
  offsetsRetentionMinutes: 'LOGBROOK_OFFSETS_RETENTION_MINUTES',
} as const;

export const logLevels = ['info', 'warn', 'error', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

export type Settings = {
  /** Where the aws store keeps things; undefined names mean another store. */
  readonly table: string | undefined;
  readonly bucket: string | undefined;
  readonly logLevel: LogLevel;
  /** Undefined: the default of the part that it tunes. */
  readonly topicCacheMs: number | undefined;
  readonly tailPollMs: number | undefined;
  readonly recentBytesMax: number | undefined;
  /** Undefined: where the prices say (prices.ts). */
  readonly inlineBytesMax: number | undefined;
  readonly streamLifeMs: number | undefined;
  /** The key in KMS that secrets are sealed with; undefined: a key file. */
  readonly kmsKey: string | undefined;
  /** Where the deployment put the secret of the root key. */
  readonly rootSecretArn: string | undefined;
  /** Or the root key itself, where there is no such place. */
  readonly rootKey: string | undefined;
  /** On Lambda, the function that is asked for maintenance where work is found. */
  readonly jobsFunction: string | undefined;
  /** Names of this server, with ports other than the usual, that callers sign but it does not see. */
  readonly publicHosts: readonly string[];
  /** What our own edge proves itself by (docs/security.md); undefined: there is none. */
  readonly edgeSecret: string | undefined;
  /** What is not here has its default: lib/coordinator/group-limits.ts. */
  readonly groups: { readonly offsetsRetentionMinutes?: number };
  /** What is not here has its default: lib/jobs/job-settings.ts. */
  readonly jobs: Partial<Record<keyof typeof jobVariables, number>>;
};

/** Settings of maintenance, by the names that it has for them. */
const jobVariables = {
  intervalMs: variables.jobsIntervalMs,
  runMsMax: variables.jobsRunMsMax,
  runBytesMax: variables.jobsRunBytesMax,
  memoryBytesMax: variables.jobsMemoryBytesMax,
  dedupeBytesMax: variables.jobsDedupeBytesMax,
  compactAfterMs: variables.compactAfterMs,
  graceMs: variables.graceMs,
  leaseMs: variables.leaseMs,
} as const;

/** Node's timers take no more. */
const intervalMsMax = 2 ** 31 - 1;
/** A leader renews it when half of it is over: it must be longer than a request. */
const leaseMsMin = 5_000;

export type Environment = Readonly<Record<string, string | undefined>>;

export type ParsedSettings =
  | { readonly kind: 'settings'; readonly settings: Settings }
  | { readonly kind: 'problems'; readonly problems: readonly string[] };

export function parseSettings(environment: Environment): ParsedSettings {
  const problems: string[] = [];
  const text = (name: string) => environment[name] || undefined;

  function count(name: string): number | undefined {
    const value = text(name);
    if (value === undefined) return undefined;
    if (/^\d{1,15}$/.test(value)) return Number(value);
    problems.push(`${name} must be a whole number of at least 0, not ${JSON.stringify(value)}`);
    return undefined;
  }

  function level(name: string): LogLevel {
    const value = text(name) ?? 'info';
    const known = logLevels.find((candidate) => candidate === value);
    if (!known) problems.push(`${name} must be one of ${logLevels.join(', ')}, not ${value}`);
    return known ?? 'info';
  }

  function secret(name: string): string | undefined {
    const value = text(name);
    if (value === undefined || /^[A-Za-z0-9]{32,256}$/.test(value)) return value;
    problems.push(`${name} must be 32 to 256 letters and digits`);
    return undefined;
  }

  function groups(): Settings['groups'] {
    const name = variables.offsetsRetentionMinutes;
    const minutes = count(name);
    if (minutes === undefined) return {};
    // At once would be before the next member comes.
    if (minutes === 0) problems.push(`${name} must be at least 1, not 0`);
    return { offsetsRetentionMinutes: minutes };
  }

  function jobs(): Settings['jobs'] {
    const read = Object.entries(jobVariables).map(([key, name]) => [key, count(name)] as const);
    const given: Settings['jobs'] = Object.fromEntries(
      read.filter(([, value]) => value !== undefined),
    );
    const { intervalMs = 0, leaseMs = leaseMsMin } = given;
    if (intervalMs > intervalMsMax) {
      problems.push(
        `${jobVariables.intervalMs} must be at most ${intervalMsMax}, not ${intervalMs}`,
      );
    }
    if (leaseMs < leaseMsMin) {
      problems.push(`${jobVariables.leaseMs} must be at least ${leaseMsMin}, not ${leaseMs}`);
    }
    return given;
  }

  const settings: Settings = {
    table: text(variables.table),
    bucket: text(variables.bucket),
    logLevel: level(variables.logLevel),
    topicCacheMs: count(variables.topicCacheMs),
    tailPollMs: count(variables.tailPollMs),
    recentBytesMax: count(variables.recentBytesMax),
    inlineBytesMax: count(variables.inlineBytesMax),
    streamLifeMs: count(variables.streamLifeMs),
    kmsKey: text(variables.kmsKey),
    rootSecretArn: text(variables.rootSecretArn),
    rootKey: text(variables.rootKey),
    jobsFunction: text(variables.jobsFunction),
    publicHosts: (text(variables.publicHosts) ?? '')
      .split(',')
      .flatMap((name) => name.trim() || []),
    edgeSecret: secret(variables.edgeSecret),
    groups: groups(),
    jobs: jobs(),
  };
  return problems.length > 0 ? { kind: 'problems', problems } : { kind: 'settings', settings };
}
