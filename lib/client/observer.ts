/**
 * What the client tells about its work, for metrics and traces. Whoever listens must be quick and must not
 * throw: it is called in the middle of things.
 */

import type { TopicPartition } from './consumer/fetcher.js';
import type { Position } from './consumer/owned-partitions.js';
import type { SentBatch } from './producer/partition-lane.js';

export type ClientEvent =
  /** A batch is acknowledged; `durationMs` since its first record was sent. */
  | ({ readonly type: 'batch-sent'; readonly durationMs: number } & SentBatch)
  | {
      readonly type: 'batch-failed';
      readonly topic: string;
      readonly partition: number;
      readonly recordCount: number;
      readonly error: unknown;
    }
  | ({
      readonly type: 'fetched';
      readonly recordCount: number;
      readonly sizeBytes: number;
      readonly nextOffset: number;
      /** Minus `nextOffset`: how far the consumer is behind. */
      readonly highWatermark: number;
    } & TopicPartition)
  | { readonly type: 'committed'; readonly positions: readonly Position[] }
  | { readonly type: 'commit-failed'; readonly error: unknown }
  | ({ readonly type: 'assigned'; readonly positions: readonly Position[] } & OfGroup)
  /** Asked to give them up. */
  | ({ readonly type: 'revoked'; readonly partitions: readonly TopicPartition[] } & OfGroup)
  /** Gone without asking. */
  | ({ readonly type: 'lost'; readonly partitions: readonly TopicPartition[] } & OfGroup)
  /** A call failed and is tried again. */
  | { readonly type: 'retried'; readonly code: string; readonly path: string };

type OfGroup = { readonly groupId: string; readonly memberId: string };

export type Observe = (event: ClientEvent) => void;
