/**
 * The account's limits and settings, and resource policies. Policies are kept and given back to the
 * letter; what guards a stream here is its access keys.
 */

import type { ActionDeps, Call } from '../action.js';
import { alterState } from '../alter-stream.js';
import { invalidArgument, notFound } from '../kinesis-error.js';
import { findStream, openShardCount, type Stream, streamOf } from '../stream.js';
import { resourceOf } from '../stream-name.js';
import { consumerIn } from './consumers.js';

/** Kinesis' own largest number: there is no limit for the account here. */
const shardLimit = 1_000_000;
const onDemandStreamLimit = 1_000_000;
const topicsPerPage = 1_000;

export async function describeLimits({ deps }: Call<unknown>) {
  let open = 0;
  let onDemand = 0;
  let after: string | undefined;
  do {
    const page = await deps.broker.topics.list(topicsPerPage, after);
    for (const topic of page.topics) {
      const stream = streamOf(deps, topic);
      open += topic.lineage ? openShardCount(stream) : topic.partitionCount;
      if (stream.state.mode === 'ON_DEMAND') onDemand++;
    }
    after = page.after;
  } while (after !== undefined);
  return {
    ShardLimit: shardLimit,
    OpenShardCount: Math.min(open, shardLimit),
    OnDemandStreamCount: Math.min(onDemand, onDemandStreamLimit),
    OnDemandStreamCountLimit: onDemandStreamLimit,
    ChannelCount: 0,
    ChannelCountLimit: 0,
  };
}

/** Nothing is billed here, so there is nothing to commit to. */
const notCommitted = { MinimumThroughputBillingCommitment: { Status: 'DISABLED' } };

export async function describeAccountSettings(_call: Call<unknown>) {
  return notCommitted;
}

type SettingsInput = {
  readonly MinimumThroughputBillingCommitment: { readonly Status: 'ENABLED' | 'DISABLED' };
};

export async function updateAccountSettings({ input }: Call<SettingsInput>) {
  if (input.MinimumThroughputBillingCommitment.Status === 'DISABLED') return notCommitted;
  throw invalidArgument('There is no billing here that a minimum could be committed to.');
}

type PolicyInput = { readonly ResourceARN: string };

export async function putResourcePolicy({
  input,
  deps,
}: Call<PolicyInput & { readonly Policy: string }>): Promise<undefined> {
  const { ResourceARN: arn, Policy: policy } = input;
  if (!isJsonObject(policy)) throw invalidArgument('The resource policy is not a JSON object.');
  await alterState(deps, resourceOf(arn).streamName, (stream) => {
    checkThere(deps, stream, arn);
    return { ...stream.state, policies: { ...stream.state.policies, [placeOf(arn)]: policy } };
  });
}

export async function getResourcePolicy({ input, deps }: Call<PolicyInput>) {
  const { ResourceARN: arn } = input;
  const stream = await findStream(deps, { StreamName: resourceOf(arn).streamName });
  checkThere(deps, stream, arn);
  const policy = stream.state.policies[placeOf(arn)];
  if (policy === undefined) throw notFound(`No resource policy found for resource ARN ${arn}.`);
  return { Policy: policy };
}

export async function deleteResourcePolicy({ input, deps }: Call<PolicyInput>): Promise<undefined> {
  const { ResourceARN: arn } = input;
  await alterState(deps, resourceOf(arn).streamName, (stream) => {
    checkThere(deps, stream, arn);
    const { [placeOf(arn)]: before, ...policies } = stream.state.policies;
    if (before === undefined) throw notFound(`No resource policy found for resource ARN ${arn}.`);
    return { ...stream.state, policies };
  });
}

function checkThere(deps: ActionDeps, stream: Stream, arn: string): void {
  if (resourceOf(arn).consumer) consumerIn(deps, stream, { ConsumerARN: arn });
}

/** Whatever account and region a client writes into its ARN. */
function placeOf(arn: string): string {
  return arn.slice(arn.indexOf(':stream/') + 1);
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
