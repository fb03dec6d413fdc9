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
};

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

  const settings: Settings = {
    table: text(variables.table),
    bucket: text(variables.bucket),
    logLevel: level(variables.logLevel),
    topicCacheMs: count(variables.topicCacheMs),
    tailPollMs: count(variables.tailPollMs),
    recentBytesMax: count(variables.recentBytesMax),
    inlineBytesMax: count(variables.inlineBytesMax),
    streamLifeMs: count(variables.streamLifeMs),
  };
  return problems.length > 0 ? { kind: 'problems', problems } : { kind: 'settings', settings };
}
