/**
 * What a consumer can be told, with Kafka's defaults where Kafka has them.
 */

import type { LogbrookError } from '../logbrook-error.js';
import type { RetryPolicy } from '../retry.js';
import type { Deserializer } from '../serializers.js';

export type ConsumerOptions<K, V> = {
  readonly key: Deserializer<K>;
  readonly value: Deserializer<V>;
  /** How often what is finished is committed; `false`: only by `commit`. Default: 5,000 ms. */
  readonly autoCommitIntervalMs?: number | false;
  /** Where to go on when an offset is not there any more. Default: earliest. */
  readonly autoOffsetReset?: 'earliest' | 'latest' | 'error';
  /** What one request answers at most, about. Default: 2 MiB. */
  readonly fetchBytesMax?: number;
  /** What may wait in memory, about. Default: 16 MiB. */
  readonly prefetchBytesMax?: number;
  /** How long one request waits at the end of a partition. Default: 20,000 ms. */
  readonly fetchWaitMs?: number;
  readonly retry?: RetryPolicy;
  readonly onRetry?: (error: LogbrookError) => void;
  /** A commit that failed; it is tried again with the next. */
  readonly onCommitFailed?: (error: unknown) => void;
  readonly signal?: AbortSignal;
};
