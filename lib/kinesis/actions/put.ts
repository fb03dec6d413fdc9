/**
 * PutRecord and PutRecords: every record to the shard that holds its hash, all shards of a request in one
 * append, one batch per shard. Shards can differ in their result, and each record is told its own.
 */

import { Buffer } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import { acceptAppend } from '../../broker/accept-records.js';
import type { BatchResult } from '../../broker/batch-verdicts.js';
import type { BrokerError } from '../../broker/broker-error.js';
import {
  lineageOf,
  openPartitions,
  type PartitionLineage,
  partitionAt,
} from '../../log/lineage.js';
import { topicConfigsOf } from '../../log/topic-configs.js';
import type { Topic } from '../../store/topic-store.js';
import type { ActionDeps, Call } from '../action.js';
import { hashOfExplicitKey, hashOfPartitionKey } from '../hash-key.js';
import { inputShapes } from '../input-shapes.js';
import {
  dryRunPassed,
  invalidArgument,
  kinesisErrorOf,
  recordFailureOf,
} from '../kinesis-error.js';
import { logRecordOf, type PutEntry } from '../record-mapping.js';
import { parseSequenceNumber, recordNumbers, secsOf } from '../sequence-number.js';
import { checkMembers, type Members, type Shapes } from '../shapes.js';
import { formatShardId } from '../shard-id.js';
import { asStream, recallTopic } from '../stream.js';
import { type NamedStream, streamNameOf } from '../stream-name.js';
import { parseState, type StreamState, stateAnnotation } from '../stream-state.js';

const MiB = 1024 * 1024;
const requestBytesMax = 10 * MiB;
/** A whole request may fall into one shard, and becomes one batch there. */
const batchBytesMax = 12 * MiB;
/** How often a record is sent on to the children of a shard that was closed under way. */
const reroutesMax = 5;

type Outcome =
  | { readonly kind: 'put'; readonly shard: number; readonly number: string }
  | { readonly kind: 'failed'; readonly shard: number; readonly error: BrokerError };

type PutRecordsInput = NamedStream & {
  readonly Records: readonly PutEntry[];
  readonly DryRun?: boolean;
};

export async function putRecords({ input, deps }: Call<PutRecordsInput>) {
  const name = streamNameOf(input);
  const { Records: entries } = input;
  const hashes = entries.map(hashOf);
  const topic = await recallTopic(deps, name);
  const state = parseState(topic.annotations[stateAnnotation]);
  checkKeys(input, entries, inputShapes.PutRecords, state);
  checkSizes(entries, state);
  if (input.DryRun) throw dryRunPassed();
  const outcomes = await put(deps, topic, entries, placesOf(hashes, state));
  const failed = outcomes.filter(({ kind }) => kind === 'failed').length;
  const { accountId } = deps.account;
  return {
    FailedRecordCount: failed,
    Records: outcomes.map((outcome) => {
      const ShardId = formatShardId(outcome.shard);
      if (outcome.kind === 'put') return { SequenceNumber: outcome.number, ShardId };
      const where = `shard ${ShardId} in stream ${name} under account ${accountId}.`;
      const { code, text } = recordFailureOf(outcome.error, where);
      return { ErrorCode: code, ErrorMessage: text };
    }),
    ...encryption(state),
  };
}

type PutRecordInput = NamedStream &
  PutEntry & { readonly SequenceNumberForOrdering?: string; readonly DryRun?: boolean };

export async function putRecord({ input, deps }: Call<PutRecordInput>) {
  const name = streamNameOf(input);
  const hash = hashOf(input);
  const topic = await recallTopic(deps, name);
  const state = parseState(topic.annotations[stateAnnotation]);
  checkKeys(input, [input], inputShapes.PutRecord, state);
  checkOrdering(input, name, deps);
  checkSizes([input], state);
  if (input.DryRun) throw dryRunPassed();
  const [outcome] = await put(deps, topic, [input], placesOf([hash], state));
  if (outcome?.kind !== 'put') throw kinesisErrorOf(outcome?.error);
  return {
    ShardId: formatShardId(outcome.shard),
    SequenceNumber: outcome.number,
    ...encryption(state),
  };
}

function encryption({ encryptionKeyId }: StreamState) {
  return encryptionKeyId === undefined ? {} : { EncryptionType: 'KMS' };
}

/** A key that is missing is missed by streams that go by it, in the words of any missing member. */
function checkKeys(
  input: Members,
  entries: readonly PutEntry[],
  shapes: Shapes,
  { distribution }: StreamState,
): void {
  if (distribution === 'AUTO') return;
  if (entries.some(({ PartitionKey }) => PartitionKey === undefined)) checkMembers(input, shapes);
}

/** Where each record goes: as its key says, or anywhere where keys are not asked. */
function placesOf(hashes: readonly string[], { distribution }: StreamState): readonly string[] {
  if (distribution === 'USER_PARTITION_KEY') return hashes;
  return hashes.map(() => randomBytes(16).toString('hex'));
}

function hashOf({ ExplicitHashKey, PartitionKey = '' }: PutEntry): string {
  if (ExplicitHashKey !== undefined) return hashOfExplicitKey(ExplicitHashKey);
  return hashOfPartitionKey(PartitionKey);
}

/** Offsets of one shard only rise, so the new number is greater than any that was ever given. */
function checkOrdering(
  { SequenceNumberForOrdering }: PutRecordInput,
  name: string,
  deps: ActionDeps,
) {
  if (SequenceNumberForOrdering === undefined) return;
  const number = parseSequenceNumber(SequenceNumberForOrdering);
  const nowSecs = secsOf(deps.world.clock.nowMs());
  if (number && number.recordSecs <= nowSecs) return;
  throw invalidArgument(
    `ExclusiveMinimumSequenceNumber ${SequenceNumberForOrdering} used in PutRecord on stream ${name} under account ${deps.account.accountId} is invalid.`,
  );
}

function checkSizes(entries: readonly PutEntry[], { maxRecordKiB }: StreamState): void {
  let bytes = 0;
  for (const [i, { Data, PartitionKey = '' }] of entries.entries()) {
    const sizeBytes = Data.length + Buffer.byteLength(PartitionKey);
    bytes += sizeBytes;
    if (sizeBytes <= maxRecordKiB * 1024) continue;
    throw invalidArgument(
      `Record ${i + 1} has ${sizeBytes} bytes, data and partition key together; this stream takes records of up to ${maxRecordKiB} KiB.`,
    );
  }
  if (bytes > requestBytesMax) throw invalidArgument('Records size exceeds 10 MB limit');
}

async function put(
  deps: ActionDeps,
  known: Topic,
  entries: readonly PutEntry[],
  hashes: readonly string[],
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  let topic = known;
  let left = entries.map((_, i) => i);
  for (let tries = 0; left.length > 0; tries++) {
    left = await putOnce(deps, topic, left, entries, hashes, outcomes);
    if (left.length === 0 || tries === reroutesMax) break;
    // Closed, its children take over as soon as the resharding is complete; gone, there may be a new one.
    const { name } = topic;
    topic = await asStream(deps, name, deps.broker.finishReshaping(topic)).catch(() =>
      asStream(deps, name, deps.broker.topics.findAnew(name)),
    );
  }
  return outcomes;
}

/** Returns those that met a shard that is closed or gone, and certainly did not enter it. */
async function putOnce(
  { broker, codecs, world }: ActionDeps,
  topic: Topic,
  indexes: readonly number[],
  entries: readonly PutEntry[],
  hashes: readonly string[],
  outcomes: Outcome[],
): Promise<number[]> {
  const lineage = lineageOf(topic);
  const nowMs = world.clock.nowMs();
  const groups = [...groupByShard(openPartitions(lineage), indexes, hashes)];
  const configs = { ...topicConfigsOf(topic.configs), maxMessageBytes: batchBytesMax };
  const batches = groups.map(([partition, members]) => {
    const records = members.map((i) => logRecordOf(entries[i] as PutEntry, nowMs));
    return acceptAppend({ topicId: topic.topicId, partition }, records, codecs, nowMs, {}, configs);
  });
  const results = await broker.append(batches);
  const again: number[] = [];
  for (const [g, [shard, members]] of groups.entries()) {
    const result = results[g] as BatchResult;
    if (result.kind === 'failed') {
      const { error } = result;
      for (const i of members) outcomes[i] = { kind: 'failed', shard, error };
      const moved =
        error.code === 'PARTITION_CLOSED' || error.code === 'UNKNOWN_TOPIC_OR_PARTITION';
      if (moved && error.sideEffects === 'none') again.push(...members);
      continue;
    }
    const { createdAtMs } = lineage.partitions[shard] as PartitionLineage;
    const numberOf = recordNumbers({ shard, createdAtMs });
    for (const [place, i] of members.entries()) {
      const number = numberOf(result.baseOffset + place, nowMs);
      outcomes[i] = { kind: 'put', shard, number };
    }
  }
  return again;
}

function groupByShard(
  open: ReturnType<typeof openPartitions>,
  indexes: readonly number[],
  hashes: readonly string[],
): Map<number, number[]> {
  const groups = new Map<number, number[]>();
  for (const i of indexes) {
    const shard = partitionAt(open, hashes[i] as string);
    const group = groups.get(shard);
    if (group) group.push(i);
    else groups.set(shard, [i]);
  }
  return groups;
}
