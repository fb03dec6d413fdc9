/**
 * Every action by its name. What is not here is not known: `UnknownOperationException`.
 */

import type { Call } from './action.js';
import * as account from './actions/account.js';
import { createChannel, listChannels, missingChannel } from './actions/channels.js';
import * as consumers from './actions/consumers.js';
import { putRecord, putRecords } from './actions/put.js';
import { getRecords, getShardIterator } from './actions/read.js';
import * as settings from './actions/settings.js';
import * as shards from './actions/shards.js';
import * as streams from './actions/streams.js';
import { subscribeToShard } from './actions/subscribe.js';
import * as tags from './actions/tags.js';
import type { ActionName } from './input-shapes.js';

/** The input has passed the shapes of its action, which is what its type says. */
// biome-ignore lint/suspicious/noExplicitAny: each action names what its shapes let through
export type Action = (call: Call<any>) => Promise<unknown>;

export const actions: Readonly<Record<ActionName, Action>> = {
  AddTagsToStream: tags.addTagsToStream,
  CreateChannel: createChannel,
  CreateStream: streams.createStream,
  DecreaseStreamRetentionPeriod: settings.decreaseStreamRetentionPeriod,
  DeleteChannel: missingChannel,
  DeleteResourcePolicy: account.deleteResourcePolicy,
  DeleteStream: streams.deleteStream,
  DeregisterStreamConsumer: consumers.deregisterStreamConsumer,
  DescribeAccountSettings: account.describeAccountSettings,
  DescribeChannel: missingChannel,
  DescribeLimits: account.describeLimits,
  DescribeStream: streams.describeStream,
  DescribeStreamConsumer: consumers.describeStreamConsumer,
  DescribeStreamSummary: streams.describeStreamSummary,
  DisableEnhancedMonitoring: settings.disableEnhancedMonitoring,
  EnableEnhancedMonitoring: settings.enableEnhancedMonitoring,
  GetRecords: getRecords,
  GetResourcePolicy: account.getResourcePolicy,
  GetShardIterator: getShardIterator,
  IncreaseStreamRetentionPeriod: settings.increaseStreamRetentionPeriod,
  ListChannels: listChannels,
  ListShards: shards.listShards,
  ListStreamConsumers: consumers.listStreamConsumers,
  ListStreams: streams.listStreams,
  ListTagsForResource: tags.listTagsForResource,
  ListTagsForStream: tags.listTagsForStream,
  MergeShards: shards.mergeShards,
  PutRecord: putRecord,
  PutRecords: putRecords,
  PutResourcePolicy: account.putResourcePolicy,
  RegisterStreamConsumer: consumers.registerStreamConsumer,
  RemoveTagsFromStream: tags.removeTagsFromStream,
  SplitShard: shards.splitShard,
  StartStreamEncryption: settings.startStreamEncryption,
  StopStreamEncryption: settings.stopStreamEncryption,
  SubscribeToShard: subscribeToShard,
  TagResource: tags.tagResource,
  UntagResource: tags.untagResource,
  UpdateAccountSettings: account.updateAccountSettings,
  UpdateChannel: missingChannel,
  UpdateMaxRecordSize: settings.updateMaxRecordSize,
  UpdateShardCount: shards.updateShardCount,
  UpdateStreamMode: settings.updateStreamMode,
  UpdateStreamRecordDistributionStrategy: settings.updateStreamRecordDistributionStrategy,
  UpdateStreamWarmThroughput: settings.updateStreamWarmThroughput,
};
