/**
 * Consuming as a member of a group: what was written to the output is committed, also when somebody stops
 * us, and then the group is left in order.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { createConsumer } from '../client/consumer/consumer.js';
import { createGroupMembership } from '../client/consumer/group-membership.js';
import { startOffsets } from '../client/consumer/start-position.js';
import type { HttpClient } from '../client/http-client.js';
import type { LogbrookError } from '../client/logbrook-error.js';
import { bytesSerde } from '../client/serializers.js';
import type { RecordFormat } from '../contract/fields.js';
import type { RecordOutput } from '../contract/records.js';
import { renderRecord } from '../contract/render-records.js';
import type { Codecs } from '../log/codecs.js';
import type { OffsetSpec } from './offset-spec.js';
import { startOffsetsWithin } from './start-offsets.js';

export type GroupConsumption = {
  readonly topic: string;
  readonly group: string;
  /** Where to begin in partitions for which nothing is committed. */
  readonly spec: OffsetSpec;
  readonly format: RecordFormat;
  readonly recordsMax: number;
  /**
   * Stop at the ends that the partitions had when it began, once the group has nothing more for us: what others
   * hold is theirs to read.
   */
  readonly exit: boolean;
  readonly signal: AbortSignal;
  readonly take: (records: readonly RecordOutput[]) => Promise<boolean>;
  readonly note: (text: string) => void;
  readonly onRetry: (error: LogbrookError) => void;
  readonly onAnswer: () => void;
};

/** Writes under way at once. */
const writesMax = 500;
const lookAgainMs = 100;

/** Answers how many records were taken. */
export async function consumeAsMember(
  client: HttpClient,
  codecs: Codecs,
  options: GroupConsumption,
): Promise<number> {
  const { topic, group, spec, format, recordsMax, signal, take, note } = options;
  // Known before the group is bothered: a topic that is not there is an error here.
  const { partitions: ends } = await client.listOffsets(topic);
  const membership = createGroupMembership(client, { id: group }, { topics: [topic] }, startOf);
  const consumer = createConsumer(client, codecs, membership, {
    key: bytesSerde.deserialize,
    value: bytesSerde.deserialize,
    signal,
    onRetry: options.onRetry,
    onCommitFailed: (error) => note(`A commit failed: ${(error as Error).message}`),
  });

  async function startOf(_topic: string, wanted: readonly number[], over: AbortSignal) {
    if (spec.kind !== 'time') {
      const latest = await client.listOffsets(topic, undefined, { signal: over });
      const ours = latest.partitions.filter(({ partition }) => wanted.includes(partition));
      return startOffsetsWithin(spec, ours, note).map((start) => ({ topic, ...start }));
    }
    return startOffsets(client, topic, wanted, { timestamp: spec.timestampMs }, over);
  }

  function atEnd(): boolean {
    if (!membership.settled()) return false;
    return consumer.positions().every(({ partition, offset }) => {
      const end = ends[partition];
      return !end || end.earliest === end.latest || offset >= end.latest;
    });
  }

  async function closeAtEnd(over: AbortSignal): Promise<void> {
    while (!over.aborted && !atEnd()) await sleep(lookAgainMs);
    if (!over.aborted && consumer.positions().length === 0) {
      note(
        `Other members of group ${group} hold all partitions of ${topic}: nothing was left to read.`,
      );
    }
    await consumer.close();
  }

  let records = 0;
  const done = new AbortController();
  const closing = options.exit ? closeAtEnd(done.signal) : undefined;
  try {
    await consumer.run(
      async (record) => {
        options.onAnswer();
        const { partition } = record;
        records++;
        const wanted = await take([renderRecord(topic, partition, record, format)]);
        if (!wanted || records >= recordsMax) void consumer.close();
      },
      // With a limit one at a time: what is not printed must not count as read.
      recordsMax < Number.POSITIVE_INFINITY ? {} : { concurrency: writesMax, orderBy: 'none' },
    );
  } finally {
    done.abort();
    await closing;
  }
  return records;
}
