/**
 * What the suites of the HTTP API share: an API is anything that answers fetch(path, init), in process
 * or at a URL. Helpers check status and content type, so that no test reads a wrong answer.
 */

import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { type Problem, problemContentType } from '../../lib/contract/errors.js';
import { batchContentType, ndjsonContentType } from '../../lib/contract/media-types.js';
import type { Appended, FetchResponse } from '../../lib/contract/records.js';
import type { TopicDescription, TopicOffsets, TopicResponse } from '../../lib/contract/topics.js';

export type Api = {
  fetch(path: string, init?: RequestInit): Promise<Response>;
  stop(): Promise<void>;
};

/** The API that the running suite talks to. */
export type ApiOf = () => Api;

export type AppendedTo = Appended & { readonly topic: string };

export async function answerOf<T>(response: Response, status = 200): Promise<T> {
  const text = await response.text();
  expect(response.status, text).toBe(status);
  expect(response.headers.get('content-type')).toMatch(/^application\/json/);
  return JSON.parse(text) as T;
}

/** Every failure is a whole problem document. */
export async function problemFrom(
  response: Response,
  status: number,
  code: string,
  detail: RegExp = /./,
): Promise<Problem> {
  const text = await response.text();
  expect(response.status, text).toBe(status);
  expect(response.headers.get('content-type')).toBe(problemContentType);
  const problem = JSON.parse(text) as Problem;
  expect(problem).toMatchObject({ status, code, type: `urn:logbrook:error:${code}` });
  expect(problem.detail).toMatch(detail);
  expect(problem.title).not.toBe('');
  expect(typeof problem.retriable).toBe('boolean');
  expect(['none', 'unknown']).toContain(problem.sideEffects);
  return problem;
}

export function jsonInit(body: unknown, method = 'POST'): RequestInit {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { method, body: text, headers: { 'content-type': 'application/json' } };
}

export function bytesInit(bytes: Uint8Array, contentType = batchContentType): RequestInit {
  const headers = { 'content-type': contentType };
  return { method: 'POST', body: bytes as Uint8Array<ArrayBuffer>, headers };
}

export const ndjsonInit = (text: string): RequestInit => ({
  method: 'POST',
  body: text,
  headers: { 'content-type': ndjsonContentType },
});

export const textInit = (text: string): RequestInit => ({
  method: 'POST',
  body: text,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
});

export const newName = (): string => `suite-${randomUUID()}`;

export async function newTopic(api: Api, partitions = 1): Promise<string> {
  const name = newName();
  const response = await api.fetch('/v1/topics', jsonInit({ name, partitions }));
  return (await answerOf<TopicResponse>(response, 201)).name;
}

export const recordsPath = (topic: string, partition = 0): string =>
  `/v1/topics/${topic}/partitions/${partition}/records`;

/** Appends to partition 0 as JSON. */
export async function append(
  api: Api,
  topic: string,
  records: readonly unknown[],
  query = '',
): Promise<AppendedTo> {
  return answerOf(await api.fetch(`${recordsPath(topic)}${query}`, jsonInit({ records })));
}

/** Appends values to partition 0, each in a batch of its own. */
export async function appendEach(api: Api, topic: string, values: readonly string[]) {
  for (const value of values) await append(api, topic, [{ value }]);
}

export async function page(
  api: Api,
  topic: string,
  query = '',
  partition = 0,
): Promise<FetchResponse> {
  return answerOf(await api.fetch(`${recordsPath(topic, partition)}${query}`));
}

export async function values(api: Api, topic: string, query = ''): Promise<unknown[]> {
  return (await page(api, topic, query)).records.map(({ value }) => value);
}

export async function offsets(api: Api, topic: string, query = ''): Promise<TopicOffsets> {
  return answerOf(await api.fetch(`/v1/topics/${topic}/offsets${query}`));
}

export async function watermarks(api: Api, topic: string): Promise<number[]> {
  return (await offsets(api, topic)).partitions.map(({ latest }) => latest);
}

export async function describeTopic(api: Api, topic: string): Promise<TopicDescription> {
  return answerOf(await api.fetch(`/v1/topics/${topic}`));
}

/** The members of a problem that depend on its code. */
export const extra = (problem: Problem, name: string): unknown =>
  (problem as Readonly<Record<string, unknown>>)[name];
