/**
 * Changing what a stream has beyond its topic: read, decide, write if nobody was first.
 */

import type { TopicChange } from '../broker/alter-topic.js';
import type { ActionDeps } from './action.js';
import { asStream, type Stream, streamOf } from './stream.js';
import { formatState, type StreamState, stateAnnotation } from './stream-state.js';

/** `decide` throws what a client is told; it is asked again if somebody else was first. */
export async function alterState(
  deps: ActionDeps,
  name: string,
  decide: (stream: Stream) => StreamState,
): Promise<Stream> {
  return alterStream(deps, name, (stream) => ({
    annotate: { [stateAnnotation]: formatState(decide(stream)) },
  }));
}

export async function alterStream(
  deps: ActionDeps,
  name: string,
  decide: (stream: Stream) => TopicChange,
): Promise<Stream> {
  const altered = deps.broker.topics.alter(name, (topic) => decide(streamOf(deps, topic)));
  return streamOf(deps, await asStream(deps, name, altered));
}
