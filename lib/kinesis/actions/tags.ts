/**
 * Tags of streams, which are those of the topic, and of consumers: the older family by stream name, the
 * newer one by ARN.
 */

import type { ActionDeps, Call } from '../action.js';
import { alterState, alterStream } from '../alter-stream.js';
import { invalidArgument } from '../kinesis-error.js';
import { findStream, type Stream } from '../stream.js';
import { type NamedStream, type Resource, resourceOf, streamNameOf } from '../stream-name.js';
import { consumerIn } from './consumers.js';

type Tags = Readonly<Record<string, string>>;

const tagsMax = 50;
const illegal = /[^\u00C0-\u1FFF\u2C00-\uD7FF\w./\-=+_ @%:]/;

export async function addTagsToStream({
  input,
  deps,
}: Call<NamedStream & { Tags: Tags }>): Promise<undefined> {
  const name = streamNameOf(input);
  checkTexts(Object.entries(input.Tags).flat());
  await alterStream(deps, name, ({ topic }) => {
    checkCount(deps, name, { ...topic.tags, ...input.Tags });
    return { setTags: input.Tags };
  });
}

type RemoveInput = NamedStream & { readonly TagKeys: readonly string[] };

export async function removeTagsFromStream({ input, deps }: Call<RemoveInput>): Promise<undefined> {
  checkTexts(input.TagKeys);
  await alterStream(deps, streamNameOf(input), () => ({ removeTags: input.TagKeys }));
}

type ListInput = NamedStream & { readonly ExclusiveStartTagKey?: string; readonly Limit?: number };

export async function listTagsForStream({ input, deps }: Call<ListInput>) {
  const { topic } = await findStream(deps, input);
  const { ExclusiveStartTagKey: after, Limit: limit = tagsMax } = input;
  const rest = tagList(topic.tags).filter(({ Key }) => after === undefined || Key > after);
  return { Tags: rest.slice(0, limit), HasMoreTags: rest.length > limit };
}

type ResourceInput = { readonly ResourceARN: string };

type TagInput = ResourceInput & { readonly Tags: Tags };

export async function tagResource({ input, ...call }: Call<TagInput>): Promise<undefined> {
  const { deps } = call;
  const resource = resourceOf(input.ResourceARN);
  if (!resource.consumer) {
    return addTagsToStream({
      ...call,
      input: { StreamName: resource.streamName, Tags: input.Tags },
    });
  }
  checkTexts(Object.entries(input.Tags).flat());
  await alterConsumerTags(deps, resource, input, (tags) => {
    const after = { ...tags, ...input.Tags };
    checkCount(deps, resource.streamName, after);
    return after;
  });
}

type UntagInput = ResourceInput & { readonly TagKeys: readonly string[] };

export async function untagResource({ input, ...call }: Call<UntagInput>): Promise<undefined> {
  const { deps } = call;
  const resource = resourceOf(input.ResourceARN);
  if (!resource.consumer) {
    return removeTagsFromStream({
      ...call,
      input: { StreamName: resource.streamName, TagKeys: input.TagKeys },
    });
  }
  await alterConsumerTags(deps, resource, input, (tags) =>
    Object.fromEntries(Object.entries(tags).filter(([key]) => !input.TagKeys.includes(key))),
  );
}

export async function listTagsForResource({ input, deps }: Call<ResourceInput>) {
  const resource = resourceOf(input.ResourceARN);
  const stream = await findStream(deps, { StreamName: resource.streamName });
  if (!resource.consumer) return { Tags: tagList(stream.topic.tags) };
  return { Tags: tagList(consumerOf(deps, stream, input).tags) };
}

function consumerOf(deps: ActionDeps, stream: Stream, { ResourceARN }: ResourceInput) {
  return consumerIn(deps, stream, { ConsumerARN: ResourceARN });
}

async function alterConsumerTags(
  deps: ActionDeps,
  { streamName }: Resource,
  input: ResourceInput,
  change: (tags: Tags) => Record<string, string>,
): Promise<void> {
  await alterState(deps, streamName, (stream) => {
    const { name } = consumerOf(deps, stream, input);
    const consumers = stream.state.consumers.map((one) =>
      one.name === name ? { ...one, tags: change(one.tags) } : one,
    );
    return { ...stream.state, consumers };
  });
}

function tagList(tags: Tags) {
  const keys = Object.keys(tags).sort();
  return keys.map((Key) => ({ Key, Value: tags[Key] as string }));
}

function checkTexts(texts: readonly string[]): void {
  if (!texts.some((text) => illegal.test(text))) return;
  throw invalidArgument(
    'Some tags contain invalid characters. Valid characters: Unicode letters, digits, white space, _ . / = + - % @.',
  );
}

function checkCount({ account }: ActionDeps, name: string, tags: Tags): void {
  if (Object.keys(tags).length <= tagsMax) return;
  throw invalidArgument(
    `Failed to add tags to stream ${name} under account ${account.accountId} because a given stream cannot have more than ${tagsMax} tags associated with it.`,
  );
}
