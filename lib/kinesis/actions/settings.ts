/**
 * What a stream is told to be: how long it keeps records, its mode, encryption, metrics, record size.
 * Retention and record size take effect; the rest is kept and shown, since it has no meaning here
 * (docs/coming-from-kinesis.md).
 */

import type { ActionDeps, Call } from '../action.js';
import { alterState, alterStream } from '../alter-stream.js';
import { invalidArgument } from '../kinesis-error.js';
import { findStream, retentionHoursMax, retentionHoursOf, type Stream } from '../stream.js';
import { type NamedStream, streamArnOf, streamNameOf } from '../stream-name.js';
import type { StreamState } from '../stream-state.js';

const hourMs = 3_600_000;
const retentionHoursMin = 24;

type RetentionInput = NamedStream & { readonly RetentionPeriodHours: number };

export async function increaseStreamRetentionPeriod({
  input,
  deps,
}: Call<RetentionInput>): Promise<undefined> {
  await setRetention(deps, input, (now, wanted) => {
    if (now <= wanted) return;
    throw invalidArgument(
      `Requested retention period (${wanted} hours) for stream ${streamNameOf(input)} can not be shorter than existing retention period (${now} hours). Use DecreaseRetentionPeriod API.`,
    );
  });
}

export async function decreaseStreamRetentionPeriod({
  input,
  deps,
}: Call<RetentionInput>): Promise<undefined> {
  await setRetention(deps, input, (now, wanted) => {
    if (now >= wanted) return;
    throw invalidArgument(
      `Requested retention period (${wanted} hours) for stream ${streamNameOf(input)} can not be longer than existing retention period (${now} hours). Use IncreaseRetentionPeriod API.`,
    );
  });
}

async function setRetention(
  deps: ActionDeps,
  input: RetentionInput,
  check: (nowHours: number, wantedHours: number) => void,
): Promise<void> {
  const { RetentionPeriodHours: hours } = input;
  await alterStream(deps, streamNameOf(input), (stream) => {
    if (hours < retentionHoursMin) {
      throw invalidArgument(
        `Minimum allowed retention period is ${retentionHoursMin} hours. Requested retention period (${hours} hours) is too short.`,
      );
    }
    if (hours > retentionHoursMax) {
      throw invalidArgument(
        `Maximum allowed retention period is ${retentionHoursMax} hours. Requested retention period (${hours} hours) is too long.`,
      );
    }
    check(retentionHoursOf(stream), hours);
    return { set: { 'retention.ms': String(hours * hourMs) } };
  });
}

type EncryptionInput = NamedStream & {
  readonly EncryptionType: 'NONE' | 'KMS';
  readonly KeyId: string;
};

export async function startStreamEncryption({
  input,
  deps,
}: Call<EncryptionInput>): Promise<undefined> {
  checkKms(input);
  await alterState(deps, streamNameOf(input), ({ state }) => ({
    ...state,
    encryptionKeyId: input.KeyId,
  }));
}

export async function stopStreamEncryption({
  input,
  deps,
}: Call<EncryptionInput>): Promise<undefined> {
  checkKms(input);
  await alterState(deps, streamNameOf(input), ({ state }) => {
    const { encryptionKeyId: _, ...rest } = state;
    return rest;
  });
}

function checkKms({ EncryptionType }: EncryptionInput): void {
  if (EncryptionType === 'KMS') return;
  throw invalidArgument('Encryption type NONE is not valid here: KMS is the only valid value.');
}

type MonitoringInput = NamedStream & { readonly ShardLevelMetrics: readonly string[] };

const metrics = [
  'IncomingBytes',
  'IncomingRecords',
  'OutgoingBytes',
  'OutgoingRecords',
  'WriteProvisionedThroughputExceeded',
  'ReadProvisionedThroughputExceeded',
  'IteratorAgeMilliseconds',
];

export async function enableEnhancedMonitoring({ input, deps }: Call<MonitoringInput>) {
  return monitor(deps, input, (now, named) =>
    metrics.filter((metric) => now.includes(metric) || named.includes(metric)),
  );
}

export async function disableEnhancedMonitoring({ input, deps }: Call<MonitoringInput>) {
  return monitor(deps, input, (now, named) => now.filter((metric) => !named.includes(metric)));
}

async function monitor(
  deps: ActionDeps,
  input: MonitoringInput,
  decide: (now: readonly string[], named: readonly string[]) => string[],
) {
  const named = input.ShardLevelMetrics.includes('ALL') ? metrics : input.ShardLevelMetrics;
  let before: readonly string[] = [];
  const stream = await alterState(deps, streamNameOf(input), ({ state }) => {
    before = state.shardLevelMetrics;
    return { ...state, shardLevelMetrics: decide(before, named) };
  });
  return {
    StreamName: stream.name,
    CurrentShardLevelMetrics: before,
    DesiredShardLevelMetrics: stream.state.shardLevelMetrics,
    StreamARN: stream.arn,
  };
}

type ModeInput = {
  readonly StreamARN: string;
  readonly StreamModeDetails: { readonly StreamMode: StreamState['mode'] };
  readonly WarmThroughputMiBps?: number;
};

export async function updateStreamMode({ input, deps }: Call<ModeInput>): Promise<undefined> {
  const { StreamModeDetails, WarmThroughputMiBps: warm } = input;
  const mode = StreamModeDetails.StreamMode;
  await alterState(deps, streamNameOf(input), ({ state }) => ({
    ...state,
    mode,
    // What a stream in provisioned mode cannot have.
    ...(mode === 'PROVISIONED' && { distribution: 'USER_PARTITION_KEY' }),
    ...(warm !== undefined && { warmMiBps: warm }),
  }));
}

type DistributionInput = {
  readonly StreamARN: string;
  readonly RecordDistributionStrategy: StreamState['distribution'];
};

export async function updateStreamRecordDistributionStrategy({
  input,
  deps,
}: Call<DistributionInput>): Promise<undefined> {
  const { RecordDistributionStrategy: distribution } = input;
  await alterState(deps, streamNameOf(input), ({ state }) => {
    checkDistribution(distribution, state.mode);
    return { ...state, distribution };
  });
}

export function checkDistribution(
  distribution: StreamState['distribution'],
  mode: StreamState['mode'],
): void {
  if (distribution === 'USER_PARTITION_KEY' || mode === 'ON_DEMAND') return;
  throw invalidArgument(
    'Record distribution strategy AUTO is only supported for streams in ON_DEMAND mode.',
  );
}

type MaxRecordInput = NamedStream & { readonly MaxRecordSizeInKiB: number };

export async function updateMaxRecordSize({
  input,
  deps,
}: Call<MaxRecordInput>): Promise<undefined> {
  await alterState(deps, streamNameOf(input), ({ state }) => ({
    ...state,
    maxRecordKiB: input.MaxRecordSizeInKiB,
  }));
}

type WarmInput = NamedStream & { readonly WarmThroughputMiBps: number };

export async function updateStreamWarmThroughput({ input, deps }: Call<WarmInput>) {
  const { WarmThroughputMiBps: warmMiBps } = input;
  const { name } = await findStream(deps, input);
  const stream: Stream = await alterState(deps, name, ({ state }) => ({ ...state, warmMiBps }));
  return {
    StreamARN: streamArnOf(deps.account, stream.name),
    StreamName: stream.name,
    WarmThroughput: { TargetMiBps: warmMiBps, CurrentMiBps: warmMiBps },
  };
}
