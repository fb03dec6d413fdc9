/**
 * The request that comes most often, a few records as JSON for a topic, for a host that meets it without Hono and the web's
 * Request and Response in between: those are a seventh of what it costs (docs/decisions/0016-plain-appends.md).
 * The route does the same by the same functions; every suite of the API that runs on a server holds both to it.
 */

import { appendQuery } from '../contract/fields.js';
import { type ByteParts, onePiece } from '../log/byte-parts.js';
import { topicAnswer } from './append-answer.js';
import { type AppendDeps, appendRecords } from './append-records.js';
import { decodeJson } from './decode-records.js';
import { failedRequest } from './failed-request.js';
import { problemAnswer, type WrittenAnswer } from './problem.js';

/** `body`: of at most `requestBytesMax`, as JSON. Never rejects. */
export type PlainAppend = (topic: string, body: ByteParts) => Promise<WrittenAnswer>;

const { format } = appendQuery.parse({});
const jsonHeaders = { 'content-type': 'application/json' };

export function createPlainAppend(deps: AppendDeps): PlainAppend {
  const { broker, world } = deps;
  return async (name, body) => {
    try {
      const known = await broker.topics.find(name);
      const records = decodeJson(onePiece(body), format, world.clock.nowMs());
      const answer = topicAnswer(name, await appendRecords(deps, known, records));
      if (answer.kind === 'failed') return problemAnswer(answer.problem);
      return { status: answer.status, headers: jsonHeaders, text: JSON.stringify(answer.body) };
    } catch (error) {
      const request = { method: 'POST', path: `/v1/topics/${name}/records` };
      return problemAnswer(failedRequest(world.log, request, error as Error));
    }
  };
}
