/**
 * A history: what clients asked of a log and what they were told, in the order in which it happened. One
 * JSON object per line in a file. The simulator, the crash tests and `logbrook verify` all write it, and one
 * checker reads it.
 *
 * Every operation is an `invoke` and at most one completion by the same process: `ok`, `fail` (certainly
 * without effect) or `unknown` (the effect may have happened, or may still). A process has one operation
 * under way; without a completion it is `unknown`. `final` reads are made after all faults have ended.
 */

/** The value of a record is a name that is given once in a history: that is how records are told apart. */
export type Value = string;

export type ProducerIdentity = {
  readonly producerId: number;
  readonly epoch: number;
  readonly baseSequence: number;
};

export type Append = {
  readonly op: 'append';
  /** `topic/partition`, or any other name of one log. */
  readonly log: string;
  /** One batch. */
  readonly values: readonly Value[];
  /** As many as values. With them the log is one whose keys are compacted: older values of a key may go. */
  readonly keys?: readonly string[];
  /** Which of the values delete their key: by their place among the values. */
  readonly tombstones?: readonly number[];
  /** Whose order it keeps; the process itself, unless said otherwise. */
  readonly producer?: ProducerIdentity;
  readonly expectedOffset?: number;
  readonly fencingToken?: string;
};

export type Read = {
  readonly op: 'read';
  readonly log: string;
  readonly offset: number;
  /** Made after all faults ended, by one who reads on to the end: what it misses is lost. */
  readonly final?: boolean;
};

export type Fence = { readonly op: 'fence'; readonly log: string; readonly token: string | null };

export type Trim = { readonly op: 'trim'; readonly log: string; readonly offset: number };

export type GroupCommit = {
  readonly op: 'commit';
  readonly group: string;
  readonly log: string;
  readonly member: string;
  readonly memberEpoch: number;
  readonly offset: number;
  /** An explicit reset: the only commit that may move back. */
  readonly reset?: boolean;
};

export type Operation = Append | Read | Fence | Trim | GroupCommit;

export type Invoke = { readonly type: 'invoke'; readonly process: string } & Operation;

export type Completion =
  | {
      readonly type: 'fail';
      readonly process: string;
      readonly code: string;
      readonly earliest?: number;
    }
  | { readonly type: 'unknown'; readonly process: string; readonly code?: string }
  | {
      readonly type: 'ok';
      readonly process: string;
      readonly op: 'append';
      readonly baseOffset: number;
    }
  | {
      readonly type: 'ok';
      readonly process: string;
      readonly op: 'read';
      /** In the order in which they were served. */
      readonly records: readonly (readonly [offset: number, value: Value])[];
      readonly nextOffset: number;
      readonly highWatermark: number;
      readonly logStartOffset: number;
    }
  | { readonly type: 'ok'; readonly process: string; readonly op: 'fence' }
  | {
      readonly type: 'ok';
      readonly process: string;
      readonly op: 'trim';
      readonly logStartOffset: number;
    }
  | { readonly type: 'ok'; readonly process: string; readonly op: 'commit' };

/** `atMs` is for the reader of a report: no judgement depends on a clock. */
export type HistoryEvent = (Invoke | Completion) & { readonly atMs?: number };
