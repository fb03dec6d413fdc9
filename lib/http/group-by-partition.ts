/**
 * The records of one request by the partition they go to, each partition's in the order of the request.
 */

import { BrokerError } from '../broker/broker-error.js';
import { openPartitions } from '../log/lineage.js';
import { partitionerOf } from '../log/open-descendant.js';
import type { LogRecord } from '../log/record.js';
import type { Topic } from '../store/topic-store.js';
import type { ReceivedRecord } from './decode-records.js';

/**
 * Keyed records by their key; those without a key share one partition for the whole request, which
 * `random` chooses.
 */
export function groupByPartition(
  received: readonly ReceivedRecord[],
  topic: Topic,
  random: number,
): Map<number, LogRecord[]> {
  const { partitionCount } = topic;
  const partitionOfKey = partitionerOf(topic);
  const sticky = anyPartition(topic, random);
  const groups = new Map<number, LogRecord[]>();
  for (const [i, { record, partition: asked }] of received.entries()) {
    if (asked !== undefined && asked >= partitionCount) {
      throw new BrokerError(
        'UNKNOWN_TOPIC_OR_PARTITION',
        `Record ${i} asks for partition ${asked}; the topic has 0 to ${partitionCount - 1}.`,
        { details: { partition: asked, partitionCount } },
      );
    }
    const byKey = record.key === null ? sticky : partitionOfKey(record.key);
    const partition = asked ?? byKey;
    const group = groups.get(partition);
    if (group) group.push(record);
    else groups.set(partition, [record]);
  }
  if (groups.size === 0) throw new BrokerError('INVALID_RECORD', 'There are no records.');
  return groups;
}

function anyPartition(topic: Topic, random: number): number {
  const { partitionCount, lineage } = topic;
  if (!lineage) return Math.floor(random * partitionCount);
  const open = openPartitions(lineage);
  return open[Math.floor(random * open.length)]?.partition ?? 0;
}
