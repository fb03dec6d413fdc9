/** Frames of an event stream: the initial response first, an error last, and payloads as the caller speaks. */

import { EventStreamCodec, type Message } from '@smithy/eventstream-codec';
import { describe, expect, test } from 'vitest';
import type { EventToSend } from '../../lib/kinesis/action.js';
import { decodeCbor, TaggedTime } from '../../lib/kinesis/cbor.js';
import { eventFrames } from '../../lib/kinesis/event-frames.js';
import { KinesisError } from '../../lib/kinesis/kinesis-error.js';
import { cborWire, jsonWire, type Wire } from '../../lib/kinesis/wire.js';

const codec = new EventStreamCodec(
  (bytes) => (typeof bytes === 'string' ? bytes : new TextDecoder().decode(bytes)),
  (text) => new TextEncoder().encode(text),
);
const data = new Uint8Array([0, 255, 1]);
const arrivedMs = 1_790_000_000_123;

async function framesOf(wire: Wire, error?: Error): Promise<Message[]> {
  async function* events(): AsyncGenerator<EventToSend> {
    const record = { Data: wire.blob(data), ApproximateArrivalTimestamp: wire.time(arrivedMs) };
    yield { type: 'SubscribeToShardEvent', payload: { Records: [record], MillisBehindLatest: 0 } };
    if (error) throw error;
  }
  const frames: Message[] = [];
  for await (const frame of eventFrames(events(), wire)) frames.push(codec.decode(frame));
  return frames;
}

const headersOf = ({ headers }: Message) =>
  Object.fromEntries(Object.entries(headers).map(([name, { value }]) => [name, value]));

describe.each([
  ['JSON', jsonWire, (bytes: Uint8Array) => JSON.parse(new TextDecoder().decode(bytes))],
  ['CBOR', cborWire, decodeCbor],
])('%s', (_name, wire, decode) => {
  test('the first frame is the initial response, an event says what it is and how it is written', async () => {
    const [initial, event, ...rest] = await framesOf(wire);
    expect(rest).toEqual([]);
    const facts = { ':message-type': 'event', ':content-type': wire.contentType };
    expect(headersOf(initial as Message)).toEqual({ ...facts, ':event-type': 'initial-response' });
    expect(decode((initial as Message).body)).toEqual({});
    expect(headersOf(event as Message)).toEqual({
      ...facts,
      ':event-type': 'SubscribeToShardEvent',
    });
    expect(decode((event as Message).body)).toMatchObject({ MillisBehindLatest: 0 });
  });

  test('an error is the last frame', async () => {
    const error = new KinesisError('ResourceNotFoundException', 'The stream is gone.');
    const last = (await framesOf(wire, error)).at(-1) as Message;
    expect(headersOf(last)).toEqual({
      ':message-type': 'exception',
      ':content-type': wire.contentType,
      ':exception-type': 'ResourceNotFoundException',
    });
    expect(decode(last.body)).toMatchObject({ message: 'The stream is gone.' });
  });
});

test('in CBOR blobs are byte strings, and times tagged whole milliseconds', async () => {
  const [, event] = await framesOf(cborWire);
  const { body } = event as Message;
  const { Records } = decodeCbor(body) as { Records: Record<string, unknown>[] };
  expect(Records[0]?.Data).toEqual(data);
  expect(Records[0]?.ApproximateArrivalTimestamp).toEqual(new TaggedTime(arrivedMs));
  expect(Buffer.from(body).includes(Buffer.from([0x43, 0, 255, 1]))).toBe(true);
});
