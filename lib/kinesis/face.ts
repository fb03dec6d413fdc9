/**
 * The Kinesis Data Streams API: `(Request) => Response`, from the framing of a request to that of its
 * answer. The caller is checked before anything is made of the body; then come AWS's checks in AWS's order:
 * body, content type, encoding, action, members, permission, the action itself.
 */

import { Buffer } from 'node:buffer';
import { randomBytes, randomUUID } from 'node:crypto';
import { type ByteParts, onePiece, sizeOf } from '../log/byte-parts.js';
import { type ActionDeps, type EventToSend, isEventStream } from './action.js';
import { actions } from './actions.js';
import type { Admission } from './admission.js';
import { eventFrames, eventStreamType } from './event-frames.js';
import { type ActionName, inputShapes, keylessShapes } from './input-shapes.js';
import { errorBody, KinesisError, kinesisErrorOf, serialization } from './kinesis-error.js';
import { checkMembers, type Members } from './shapes.js';
import { cborWire, jsonType, jsonWire, type Wire, wireOf } from './wire.js';

export type FaceDeps = ActionDeps & {
  readonly readBody: (request: Request, env: unknown, bytesMax: number) => Promise<ByteParts>;
  /** The one place where callers are told apart. */
  readonly admission: Admission;
};

const MiB = 1024 * 1024;
/** 10 MiB of records as base64, with room for keys and names. */
const bodyBytesMax = 16 * MiB;
const service = 'Kinesis_20131202';

/** Whether a request is for this face: none of the other faces' requests looks like one. */
export function isForKinesis(request: Request): boolean {
  if (request.method !== 'POST') return false;
  if (request.headers.get('x-amz-target')?.startsWith('Kinesis_')) return true;
  return wireOf(mediaType(request)) !== undefined;
}

export function createKinesisFace(deps: FaceDeps) {
  return async (request: Request, env: unknown): Promise<Response> => {
    let wire: Wire = wireOf(mediaType(request)) ?? cborWire;
    try {
      let body: ByteParts | undefined;
      const partsOf = async () => {
        body ??= await deps.readBody(request, env, bodyBytesMax);
        return body;
      };
      /** Joined only for a signature: a megabyte of fresh memory is dear. */
      const wholeOf = async () => {
        const whole = onePiece(await partsOf());
        body = [whole];
        return whole;
      };
      const principal = await deps.admission.authenticate(request, wholeOf);
      const parts = await partsOf();
      const sizeBytes = sizeOf(parts);
      deps.admission.charge(principal, sizeBytes);
      const contentType = mediaType(request);
      const target = request.headers.get('x-amz-target') ?? '';
      const name = actionNamed(target);
      if (sizeBytes === 0) {
        wire = contentType === jsonType ? jsonWire : cborWire;
        throw name ? serialization() : unknownOperation();
      }
      const known = wireOf(contentType);
      if (!known) return foreign(target);
      const input = decode(known, parts);
      if (!name) throw unknownOperation();
      const members = membersOf(name, input);
      const maySee = (streamName: string) => deps.admission.maySee(principal, streamName);
      const act = () => actions[name]({ input: members, wire, deps, maySee });
      const answer = await deps.admission.perform(principal, name, members, deps, act);
      if (isEventStream(answer)) {
        const events = whileAllowed(answer.events, () => deps.admission.stillHolds(principal));
        return streamed(eventFrames(events, wire), deps);
      }
      return answered(200, answer === undefined ? '' : wire.encode(answer), wire.contentType);
    } catch (error) {
      return failed(error, wire, request, deps);
    }
  };
}

/** A subscriber hears something every few seconds: often enough to ask whether its key still holds. */
async function* whileAllowed(
  events: AsyncGenerator<EventToSend>,
  stillHolds: () => Promise<boolean>,
): AsyncGenerator<EventToSend> {
  for await (const event of events) {
    if (!(await stillHolds())) return;
    yield event;
  }
}

function mediaType({ headers }: Request): string {
  return (headers.get('content-type') ?? '').split(';')[0]?.trim() ?? '';
}

function actionNamed(target: string): ActionName | undefined {
  const [api, action = ''] = target.split('.');
  return api === service && Object.hasOwn(inputShapes, action) ? (action as ActionName) : undefined;
}

function decode(wire: Wire, body: ByteParts): Members {
  let value: unknown;
  try {
    value = wire.decode(body);
  } catch {
    throw serialization();
  }
  if (typeof value !== 'object' || value === null) throw serialization();
  return value as Members;
}

function membersOf(name: ActionName, input: Members): Members {
  try {
    return checkMembers(input, inputShapes[name]);
  } catch (error) {
    const keyless = keylessShapes[name];
    if (!keyless) throw error;
    try {
      return checkMembers(input, keyless);
    } catch {
      throw error;
    }
  }
}

function unknownOperation(): KinesisError {
  return new KinesisError('UnknownOperationException');
}

/** A request that is of no kind AWS knows is answered in XML. */
function foreign(target: string): Response {
  if (target.split('.').length === 2) {
    return answered(404, '<UnknownOperationException/>\n', 'application/xml');
  }
  const message = 'Unable to determine service/operation name to be authorized';
  const body = `<AccessDeniedException>\n  <Message>${message}</Message>\n</AccessDeniedException>\n`;
  return answered(403, body, 'application/xml');
}

function failed(error: unknown, wire: Wire, request: Request, deps: FaceDeps): Response {
  const mapped = kinesisErrorOf(error);
  if (mapped.status >= 500) {
    const action = request.headers.get('x-amz-target');
    const why = error instanceof Error ? error.stack : String(error);
    const cause =
      error instanceof Error && error.cause instanceof Error ? error.cause.stack : undefined;
    deps.world.log.error('a Kinesis request failed', { action, error: why, cause });
  }
  return answered(mapped.status, wire.encode(errorBody(mapped)), wire.contentType);
}

function requestHeaders(contentType: string): Record<string, string> {
  return {
    'content-type': contentType,
    'x-amzn-requestid': randomUUID(),
    'x-amz-id-2': randomBytes(54).toString('base64'),
  };
}

function answered(status: number, body: string | Uint8Array, contentType: string): Response {
  const sizeBytes = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
  const headers = { ...requestHeaders(contentType), 'content-length': String(sizeBytes) };
  return new Response(body as BodyInit, { status, headers });
}

function streamed(frames: AsyncGenerator<Uint8Array>, deps: FaceDeps): Response {
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await frames.next();
        if (done) controller.close();
        else controller.enqueue(value);
      } catch (error) {
        deps.world.log.warn('a subscription broke', { error: String(error) });
        controller.error(error);
      }
    },
    async cancel() {
      await frames.return(undefined);
    },
  });
  return new Response(body, { headers: requestHeaders(eventStreamType) });
}
