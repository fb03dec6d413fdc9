/**
 * What became of the records of one `produce`: read, acknowledged, and the offsets they got.
 */

import type { SentBatch } from '../client/producer/partition-lane.js';
import { count, counted } from './table.js';

type PartitionTally = {
  readonly partition: number;
  readonly records: number;
  /** Offset of the first record and one past the last; other producers' records may lie between. */
  readonly baseOffset?: number | undefined;
  readonly nextOffset?: number | undefined;
};

/** Answers come in any order. */
function spread(before: PartitionTally | undefined, baseOffset: number, recordCount: number) {
  return {
    baseOffset: Math.min(before?.baseOffset ?? baseOffset, baseOffset),
    nextOffset: Math.max(before?.nextOffset ?? 0, baseOffset + recordCount),
  };
}

export type ProduceSummary = {
  readonly topic: string;
  readonly records: number;
  readonly bytes: number;
  readonly seconds: number;
  readonly partitions: readonly PartitionTally[];
};

export class ProduceTally {
  recordsRead = 0;
  bytesRead = 0;
  /** Acknowledged. */
  records = 0;
  private readonly topic: string;
  private readonly nowMs: () => number;
  private readonly startMs: number;
  private readonly partitions = new Map<number, PartitionTally>();

  constructor(topic: string, nowMs: () => number) {
    this.topic = topic;
    this.nowMs = nowMs;
    this.startMs = nowMs();
  }

  sent({ partition, recordCount, baseOffset }: SentBatch): void {
    this.records += recordCount;
    const before = this.partitions.get(partition);
    this.partitions.set(partition, {
      partition,
      records: (before?.records ?? 0) + recordCount,
      ...(baseOffset !== undefined && spread(before, baseOffset, recordCount)),
    });
  }

  summary(): ProduceSummary {
    const partitions = [...this.partitions.values()].sort((a, b) => a.partition - b.partition);
    const seconds = (this.nowMs() - this.startMs) / 1_000;
    const { topic, records, bytesRead: bytes } = this;
    return { topic, records, bytes, seconds, partitions };
  }

  summaryLine(): string {
    const { topic, records, bytes, seconds } = this.summary();
    const amount = `${counted(records, 'record')}, ${counted(bytes, 'byte')}`;
    return `${topic}: ${amount} in ${seconds.toFixed(2)} s${this.offsets()}`;
  }

  failureLine(): string {
    const amount = `${count(this.records)} of ${counted(this.recordsRead, 'record')}`;
    return `${this.topic}: ${amount} read were acknowledged${this.offsets()}`;
  }

  private offsets(): string {
    const ranges = this.summary().partitions.flatMap(({ partition, baseOffset, nextOffset }) =>
      nextOffset === undefined ? [] : [`${partition}: ${baseOffset}-${nextOffset - 1}`],
    );
    return ranges.length === 0 ? '' : `; partition and offsets ${ranges.join(', ')}`;
  }
}
