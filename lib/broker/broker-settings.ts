/**
 * Tunables of a broker: plain data. Components (stores, clock) travel apart from them.
 */

import { type GroupSettings, groupDefaults } from '../coordinator/group-limits.js';
import { topicConfigDefaults } from '../log/topic-configs.js';

export type BrokerSettings = {
  /** A flush takes at most about this many bytes. */
  readonly flushBytesMax: number;
  /** While a flush is under way another one starts only when this much is waiting. */
  readonly flushBytesMin: number;
  readonly flushesInFlightMax: number;
  /** After this an append is answered, at worst with `unknown`. */
  readonly appendTimeoutMs: number;
  /**
   * How long a batch waits for the one that it follows on from, where no other process writes; 0 leaves
   * the order to the producer.
   */
  readonly earlyBatchMsMax: number;
  /** How long a topic's name may be served from memory; 0 asks the store each time. */
  readonly topicCacheMs: number;
  /** How often a partition with waiting readers is looked at, where other processes write too. */
  readonly tailPollMs: number;
  /** Freshly written objects kept in memory for the readers that wait for them. */
  readonly recentBytesMax: number;
  /** A roll that brings this much more into index pages asks for compaction, ... */
  readonly askBytes: number;
  /** ... for one partition at most this often. */
  readonly askEveryMs: number;
  readonly groups: GroupSettings;
};

const MiB = 1024 * 1024;

export const brokerDefaults: BrokerSettings = {
  flushBytesMax: 8 * MiB,
  flushBytesMin: 1 * MiB,
  flushesInFlightMax: 4,
  appendTimeoutMs: 30_000,
  earlyBatchMsMax: 0,
  topicCacheMs: 0,
  tailPollMs: 250,
  recentBytesMax: 64 * MiB,
  askBytes: topicConfigDefaults.segmentBytes,
  askEveryMs: 10_000,
  groups: groupDefaults,
};
