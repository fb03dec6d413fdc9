/**
 * Who calls, and whether they may: the same keys as on every face, in Kinesis' words. Who the caller is
 * comes before anything is looked at; what it is about is known only once the members are. What admins
 * asked for is written down, refused or not.
 */

import type { Access, Refusal } from '../access/access.js';
import type { Principal } from '../access/principal.js';
import {
  cluster,
  type Operation,
  type Resource,
  resourceText,
  topicNamed,
} from '../access/scopes.js';
import type { AuditLog } from '../broker/audit-log.js';
import type { ActionDeps } from './action.js';
import type { ActionName } from './input-shapes.js';
import { KinesisError, kinesisErrorOf } from './kinesis-error.js';
import { openListToken } from './list-token.js';
import type { Members } from './shapes.js';
import { openIterator } from './shard-iterator.js';
import { resourceOf, streamNameOf } from './stream-name.js';

const operations: Partial<Record<ActionName, Operation>> = {
  PutRecord: 'produce',
  PutRecords: 'produce',
  GetRecords: 'consume',
  GetShardIterator: 'consume',
  SubscribeToShard: 'consume',
  RegisterStreamConsumer: 'consume',
  DeregisterStreamConsumer: 'consume',
  DescribeChannel: 'describe',
  DescribeStream: 'describe',
  DescribeStreamConsumer: 'describe',
  DescribeStreamSummary: 'describe',
  GetResourcePolicy: 'describe',
  ListShards: 'describe',
  ListStreamConsumers: 'describe',
  ListTagsForResource: 'describe',
  ListTagsForStream: 'describe',
};

/** About no stream, and harmless. ListStreams shows only what may be seen. */
const forEverybody: readonly ActionName[] = [
  'ListStreams',
  'ListChannels',
  'DescribeAccountSettings',
  'DescribeLimits',
];

/** Beside whatever needs `admin`: these leave something behind for others. */
const alsoAudited: readonly ActionName[] = ['RegisterStreamConsumer', 'DeregisterStreamConsumer'];

export type Admission = {
  /** Throws a `KinesisError` for whom it does not let in, most of them without a look at the body. */
  authenticate(request: Request, body: () => Promise<Uint8Array>): Promise<Principal>;
  /** Counts what was sent against the limits of the key. */
  charge(principal: Principal, sizeBytes: number): void;
  /**
   * Acts if the caller may do that to what it names, and throws otherwise. Whether that exists is not
   * told. An admin action is in the audit log before this resolves.
   */
  perform<T>(
    principal: Principal,
    action: ActionName,
    members: Members,
    deps: ActionDeps,
    act: () => Promise<T>,
  ): Promise<T>;
  maySee(principal: Principal, streamName: string): boolean;
  /** For who is served for longer: a key that is revoked ends it. */
  stillHolds(principal: Principal): Promise<boolean>;
};

export function createAdmission(access: Access, audit: AuditLog): Admission {
  return {
    async authenticate(request, body) {
      const answer = await access.authenticate(request, body);
      if (answer.kind === 'refused') throw refusalOf(answer);
      const { principal } = answer;
      const waitMs = access.admit(principal, 0);
      if (waitMs === undefined) return principal;
      throw new KinesisError(
        'ProvisionedThroughputExceededException',
        `Rate exceeded for the access key; wait ${waitMs} ms.`,
      );
    },
    async perform(principal, action, members, deps, act) {
      if (forEverybody.includes(action)) return act();
      const resource = await resourceNamed(action, members, deps);
      const operation = operations[action] ?? 'admin';
      const mayAct = access.allows(principal, operation, resource);
      const acted = mayAct ? act() : Promise.reject(denied(action));
      // A server for its own machine alone cannot tell who it was.
      const isAudited = operation === 'admin' || alsoAudited.includes(action);
      if (!isAudited || access.open) return acted;
      const [outcome] = await Promise.allSettled([acted]);
      await audit.write({
        keyId: principal.keyId,
        keyName: principal.name,
        action: `kinesis:${action}`,
        resource: resourceText(resource),
        result: outcome.status === 'fulfilled' ? 'ok' : kinesisErrorOf(outcome.reason).type,
      });
      return acted;
    },
    charge: access.charge,
    maySee: (principal, streamName) => access.allows(principal, 'describe', topicNamed(streamName)),
    stillHolds: access.stillHolds,
  };
}

function denied(action: ActionName): KinesisError {
  const message = `The access key is not authorized to perform: kinesis:${action}`;
  return new KinesisError('AccessDeniedException', message);
}

async function resourceNamed(
  action: ActionName,
  members: Members,
  { tokenKey, world }: ActionDeps,
): Promise<Resource> {
  const text = (name: string) => members[name] as string | undefined;
  const [arn, iterator] = [text('ConsumerARN') ?? text('ResourceARN'), text('ShardIterator')];
  if (iterator !== undefined) {
    return topicNamed(openIterator(await tokenKey(), world.clock.nowMs(), iterator).streamName);
  }
  if (arn !== undefined) return topicNamed(resourceOf(arn).streamName);
  const [StreamName, StreamARN] = [text('StreamName'), text('StreamARN')];
  if (StreamName !== undefined || StreamARN !== undefined) {
    return topicNamed(
      streamNameOf({ ...(StreamName && { StreamName }), ...(StreamARN && { StreamARN }) }),
    );
  }
  const token = text('NextToken');
  if (action === 'ListShards' && token !== undefined) {
    const key = await tokenKey();
    const place = openListToken<{ name: string }>(key, world.clock.nowMs(), 'shards', token);
    return topicNamed(place.name);
  }
  return cluster;
}

const wrongKey = 'The security token included in the request is invalid.';

function refusalOf({ reason, message }: Refusal): KinesisError {
  switch (reason) {
    case 'missing':
      return new KinesisError(
        'MissingAuthenticationTokenException',
        'Missing Authentication Token',
      );
    case 'malformed':
      return new KinesisError('IncompleteSignatureException', message);
    case 'expired':
      return new KinesisError('ExpiredTokenException', message);
    case 'skewed':
      return new KinesisError('InvalidSignatureException', message);
    case 'forbidden':
      return new KinesisError('AccessDeniedException', message);
    case 'wrong':
      return new KinesisError('UnrecognizedClientException', wrongKey);
  }
}
