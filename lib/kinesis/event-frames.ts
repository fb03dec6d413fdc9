/**
 * Events as frames of application/vnd.amazon.eventstream. The first frame is the initial response, which
 * some clients insist on; an error on the way is a frame of its own and the last one.
 */

import { EventStreamCodec } from '@smithy/eventstream-codec';
import type { EventToSend } from './action.js';
import { errorBody, kinesisErrorOf } from './kinesis-error.js';
import type { Wire } from './wire.js';

export const eventStreamType = 'application/vnd.amazon.eventstream';

const utf8 = new TextDecoder();
const toUtf8 = new TextEncoder();
const codec = new EventStreamCodec(
  (bytes) => (typeof bytes === 'string' ? bytes : utf8.decode(bytes)),
  (text) => toUtf8.encode(text),
);

function frame(
  kind: 'event' | 'exception',
  type: string,
  payload: unknown,
  wire: Wire,
): Uint8Array {
  const text = (value: string) => ({ type: 'string' as const, value });
  const body = wire.encode(payload);
  return codec.encode({
    headers: {
      [kind === 'event' ? ':event-type' : ':exception-type']: text(type),
      ':content-type': text(wire.contentType),
      ':message-type': text(kind),
    },
    body: typeof body === 'string' ? toUtf8.encode(body) : body,
  });
}

export async function* eventFrames(
  events: AsyncGenerator<EventToSend>,
  wire: Wire,
): AsyncGenerator<Uint8Array> {
  yield frame('event', 'initial-response', {}, wire);
  try {
    for await (const { type, payload } of events) yield frame('event', type, payload, wire);
  } catch (error) {
    const mapped = kinesisErrorOf(error);
    yield frame('exception', mapped.type, errorBody(mapped), wire);
  }
}
