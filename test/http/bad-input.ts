/**
 * Bad input, as tables: what is sent, and the status, code and detail it must be answered with. After
 * each row nothing is written, and the server still answers.
 */

import { beforeAll, expect, test } from 'vitest';
import { type Api, type ApiOf, append, newTopic, problemFrom, watermarks } from './api-client.js';

export type BadInput = readonly [
  name: string,
  send: (topic: string) => readonly [path: string, init?: RequestInit],
  status: number,
  code: string,
  detail: RegExp,
];

/** One topic of three partitions serves a table; partition 0 holds two records. */
export function badInputTable(api: ApiOf, rows: readonly BadInput[]): void {
  let topic = '';
  beforeAll(async () => {
    topic = await newTopic(api(), 3);
    await append(api(), topic, [{ value: 'a' }, { value: 'b' }]);
  });

  test.each(rows)('%s', async (_name, send, status, code, detail) => {
    await expectRefused(api(), topic, send(topic), status, code, detail);
  });
}

async function expectRefused(
  api: Api,
  topic: string,
  [path, init]: readonly [path: string, init?: RequestInit],
  status: number,
  code: string,
  detail: RegExp,
): Promise<void> {
  const problem = await problemFrom(await api.fetch(path, init), status, code, detail);
  expect(problem.sideEffects).toBe('none');
  expect(problem.retriable).toBe(false);
  expect(JSON.stringify(problem).length).toBeLessThan(4_000);
  expect(await watermarks(api, topic)).toEqual([2, 0, 0]);
  expect((await api.fetch('/healthz')).status).toBe(200);
}
