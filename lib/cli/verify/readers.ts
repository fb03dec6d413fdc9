/**
 * Readers of one partition: one who follows by long poll, one who reads it from the beginning again and
 * again, and the final one, who reads on to the end after everybody else has stopped.
 */

import { patientRetry, type RetryPolicy } from '../../client/retry.js';
import { readAnswer } from './answers.js';
import { createPace } from './pace.js';
import type { Answer, Outcome, RecordedProcess } from './recorded-process.js';
import { once, type Run } from './run.js';

const followWaitMs = 5_000;
const pageRecordsMax = 1_000;
const finalPageRecordsMax = 10_000;
const pageBytesMax = 1024 * 1024;
const breathMs = 50;

export async function follower(
  run: Run,
  process: RecordedProcess,
  partition: number,
  start: number,
  over: AbortSignal,
): Promise<void> {
  const { timing } = run.client;
  const request = { waitMs: followWaitMs, maxRecords: pageRecordsMax, retry: once };
  for (let offset = start; !over.aborted; ) {
    const page = await readPage(run, process, partition, { ...request, offset, over });
    if (page) offset = page.nextOffset;
    else await timing.sleep(breathMs, over);
  }
}

/** It reads no faster than records come, or a long run would be nothing but reading. */
export async function rereader(
  run: Run,
  process: RecordedProcess,
  partition: number,
  start: number,
  over: AbortSignal,
): Promise<void> {
  const { timing } = run.client;
  const pace = createPace(timing, Math.max(100, run.recordsPerSecond / run.starts.length));
  for (let offset = start; !over.aborted; ) {
    const request = { waitMs: 0, maxRecords: pageRecordsMax, retry: once, offset, over };
    const page = await readPage(run, process, partition, request);
    if (!page || page.nextOffset >= page.highWatermark) await timing.sleep(breathMs, over);
    if (page) offset = page.nextOffset >= page.highWatermark ? start : page.nextOffset;
    await pace.turn(page?.records.length ?? 0, over);
  }
}

export async function finalReader(
  run: Run,
  process: RecordedProcess,
  partition: number,
  start: number,
): Promise<void> {
  const request = { waitMs: 0, maxRecords: finalPageRecordsMax, retry: patientRetry, final: true };
  for (let offset = start; ; ) {
    const outcome = await read(run, process, partition, { ...request, offset });
    if (outcome.kind !== 'ok') throw outcome.error;
    const { answer } = outcome;
    if (answer.op !== 'read' || answer.nextOffset >= answer.highWatermark) return;
    // A server that does not move on would hold us for ever; what it left out is lost.
    if (answer.nextOffset <= offset) return;
    offset = answer.nextOffset;
  }
}

type PageRequest = {
  readonly offset: number;
  readonly waitMs: number;
  readonly maxRecords: number;
  readonly retry: RetryPolicy;
  readonly final?: boolean;
  readonly over?: AbortSignal;
};

/** Undefined when there is none, for whatever reason. */
async function readPage(
  run: Run,
  process: RecordedProcess,
  partition: number,
  request: PageRequest,
): Promise<Extract<Answer, { op: 'read' }> | undefined> {
  try {
    const outcome = await read(run, process, partition, request);
    return outcome.kind === 'ok' && outcome.answer.op === 'read' ? outcome.answer : undefined;
  } catch (error) {
    if (request.over?.aborted) return undefined;
    throw error;
  }
}

function read(
  { client, topic }: Run,
  process: RecordedProcess,
  partition: number,
  { offset, waitMs, maxRecords, retry, final, over: signal }: PageRequest,
): Promise<Outcome> {
  const log = `${topic}/${partition}`;
  const operation = { op: 'read', log, offset, ...(final && { final }) } as const;
  return process.perform(operation, async (onRetry) => {
    const request = { offset, waitMs, maxRecords, maxBytes: pageBytesMax };
    const call = { retry, onRetry, signal };
    return readAnswer(await client.fetch(topic, partition, request, call));
  });
}
