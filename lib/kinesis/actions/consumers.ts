/**
 * Registered consumers, who may subscribe to shards. One is ACTIVE as soon as it is registered.
 */

import type { ActionDeps, Call } from '../action.js';
import { alterState } from '../alter-stream.js';
import { inUse, invalidArgument, KinesisError, notFound } from '../kinesis-error.js';
import { openListToken, sealListToken } from '../list-token.js';
import { findStream, type Stream } from '../stream.js';
import { consumerArnOf, type NamedStream, resourceOf, streamNameOf } from '../stream-name.js';
import type { StreamConsumer } from '../stream-state.js';
import type { Wire } from '../wire.js';

const consumersMax = 50;

type RegisterInput = {
  readonly StreamARN: string;
  readonly ConsumerName: string;
  readonly Tags?: Readonly<Record<string, string>>;
};

export async function registerStreamConsumer({ input, wire, deps }: Call<RegisterInput>) {
  const { ConsumerName: name, Tags = {} } = input;
  const { accountId } = deps.account;
  const createdAtMs = Math.floor(deps.world.clock.nowMs() / 1000) * 1000;
  const stream = await alterState(deps, streamNameOf(input), ({ state, name: streamName }) => {
    if (state.consumers.some((known) => known.name === name)) {
      throw inUse(
        `Consumer ${name} under stream ${streamName} already exists for account ${accountId}.`,
      );
    }
    if (state.consumers.length >= consumersMax) {
      throw new KinesisError(
        'LimitExceededException',
        `A stream has at most ${consumersMax} registered consumers.`,
      );
    }
    return { ...state, consumers: [...state.consumers, { name, createdAtMs, tags: { ...Tags } }] };
  });
  const consumer = { name, createdAtMs, tags: {} };
  return { Consumer: describe(deps, stream, consumer, wire) };
}

type ConsumerInput = {
  readonly StreamARN?: string;
  readonly ConsumerName?: string;
  readonly ConsumerARN?: string;
};

export async function deregisterStreamConsumer({
  input,
  deps,
}: Call<ConsumerInput>): Promise<undefined> {
  await alterState(deps, consumerStream(input), (stream) => {
    const { name } = consumerIn(deps, stream, input);
    const consumers = stream.state.consumers.filter((known) => known.name !== name);
    return { ...stream.state, consumers };
  });
}

export async function describeStreamConsumer({ input, wire, deps }: Call<ConsumerInput>) {
  const stream = await findStream(deps, { StreamName: consumerStream(input) });
  const consumer = consumerIn(deps, stream, input);
  return {
    ConsumerDescription: { ...describe(deps, stream, consumer, wire), StreamARN: stream.arn },
  };
}

type ListInput = NamedStream & { readonly NextToken?: string; readonly MaxResults?: number };

export async function listStreamConsumers({ input, wire, deps }: Call<ListInput>) {
  const key = await deps.tokenKey();
  const nowMs = deps.world.clock.nowMs();
  const stream = await findStream(deps, input);
  const start =
    input.NextToken === undefined
      ? 0
      : openListToken<{ start: number }>(key, nowMs, 'consumers', input.NextToken).start;
  const end = start + (input.MaxResults ?? 100);
  const { consumers } = stream.state;
  return {
    Consumers: consumers.slice(start, end).map((one) => describe(deps, stream, one, wire)),
    ...(end < consumers.length && {
      NextToken: sealListToken(key, nowMs, 'consumers', { start: end }),
    }),
  };
}

function describe({ account }: ActionDeps, stream: Stream, consumer: StreamConsumer, wire: Wire) {
  return {
    ConsumerName: consumer.name,
    ConsumerARN: consumerArnOf(account, stream.name, consumer),
    ConsumerStatus: 'ACTIVE',
    ConsumerCreationTimestamp: wire.time(consumer.createdAtMs),
  };
}

/** By its own ARN, or by its name together with the stream's. */
export function consumerStream({ StreamARN, ConsumerName, ConsumerARN }: ConsumerInput): string {
  if (ConsumerARN !== undefined) return resourceOf(ConsumerARN).streamName;
  if (StreamARN !== undefined && ConsumerName !== undefined)
    return resourceOf(StreamARN).streamName;
  throw invalidArgument(
    'Either ConsumerARN or both of StreamARN and ConsumerName should be provided.',
  );
}

export function consumerIn(
  { account }: ActionDeps,
  { state, name: streamName }: Stream,
  { ConsumerARN, ConsumerName }: ConsumerInput,
): StreamConsumer {
  const meant = ConsumerARN === undefined ? undefined : resourceOf(ConsumerARN).consumer;
  const wanted = meant?.name ?? ConsumerName;
  const found = state.consumers.find(({ name }) => name === wanted);
  const other = meant && found && Math.floor(found.createdAtMs / 1000) !== meant.createdAtSecs;
  if (found && !other) return found;
  throw notFound(
    `Consumer ${ConsumerARN ?? ConsumerName}, account ${account.accountId} not found under stream ${streamName}.`,
  );
}
