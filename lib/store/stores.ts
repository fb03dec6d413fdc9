/**
 * All that the broker keeps things in. Composed at the edges, one adapter for all.
 */

import type { GroupStore } from './group-store.js';
import type { JobStore } from './job-store.js';
import type { KeyStore } from './key-store.js';
import type { ObjectStore } from './object-store.js';
import type { PartitionIndex } from './partition-index.js';
import type { TopicStore } from './topic-store.js';

export type Stores = {
  readonly objects: ObjectStore;
  readonly index: PartitionIndex;
  readonly topics: TopicStore;
  readonly groups: GroupStore;
  readonly keys: KeyStore;
  readonly jobs: JobStore;
  /**
   * Objects of a flush up to this many bytes cost less under a key of kind `inline`. A topic may want
   * another bound: any up to `inlineBytesCap` is taken. Undefined: this store has one place for all.
   */
  readonly inlineBytesMax: number | undefined;
  /**
   * Whether other processes commit to the same store. If so, a waiting reader must look for news; if
   * not, every commit passes through this process.
   */
  readonly shared: boolean;
  close(): Promise<void>;
};
