/**
 * What all producers of a run share: when the next batch is due, on which partition, of how many records
 * of which sizes, and a breath after a failure.
 */

import type { LogRecord } from '../../log/record.js';
import { createPace } from './pace.js';
import { drawSize, nameHeader, textOf } from './record-values.js';
import { createRecordedProcess, type Outcome, type RecordedProcess } from './recorded-process.js';
import { isOver, type Run } from './run.js';

const batchesPerSecond = 25;
const meanRecordsMin = 4;
const meanRecordsMax = 500;
/** Well below what a batch may have. */
const batchBytesMax = 2 * 1024 * 1024;
const breathMs = 50;

export type Draft = {
  readonly partition: number;
  readonly log: string;
  readonly names: readonly string[];
  readonly texts: readonly string[];
  /** Of a compacted topic: as many as names, and which of the records delete their key. */
  readonly keyed?: { readonly keys: readonly string[]; readonly tombstones: readonly number[] };
};

/** As the history tells it. */
export function appendOf({ log, names, keyed }: Draft) {
  return { op: 'append', log, values: names, ...keyed } as const;
}

/** One record in so many deletes its key. */
const tombstoneShare = 0.1;

/** `send` appends one draft; it is called until the run is over. */
export async function takeTurns(
  run: Run,
  baseName: string,
  send: (process: RecordedProcess, draft: Draft) => Promise<Outcome>,
): Promise<void> {
  const { client, recordsPerSecond, producers, witness, clockMs, over } = run;
  const { timing } = client;
  const share = recordsPerSecond / producers;
  const mean = Math.min(meanRecordsMax, Math.max(meanRecordsMin, share / batchesPerSecond));
  const pace = createPace(timing, share);
  const process = createRecordedProcess(baseName, witness, clockMs);
  // Another run on the same topic gives other names.
  const prefix = `${timing.random().toString(36).slice(2, 7)}-${baseName}`;
  let named = 0;
  while (!isOver(run)) {
    const size = 1 + Math.floor(timing.random() * (2 * mean - 1));
    await pace.turn(size, over);
    if (isOver(run)) return;
    const draft = draftOf(run, size, () => `${prefix}-${named++}`);
    const outcome = await send(process, draft);
    const lostRace = outcome.kind === 'fail' && outcome.error.code === 'EXPECTED_OFFSET_MISMATCH';
    if (outcome.kind !== 'ok' && !lostRace) await timing.sleep(breathMs, over);
  }
}

function draftOf(run: Run, size: number, nextName: () => string): Draft {
  const { client, topic, starts, recordBytesMax, keys } = run;
  const { random } = client.timing;
  const partition = Math.floor(random() * starts.length);
  const names: string[] = [];
  const texts: string[] = [];
  let bytes = 0;
  while (names.length < size && (bytes < batchBytesMax || names.length === 0)) {
    const name = nextName();
    const text = textOf(name, drawSize(recordBytesMax, random()));
    names.push(name);
    texts.push(text);
    bytes += text.length;
  }
  const draft = { partition, log: `${topic}/${partition}`, names, texts };
  if (keys === undefined) return draft;
  const keyed = {
    keys: names.map(() => `key-${Math.floor(random() * keys)}`),
    tombstones: names.flatMap((_, i) => (random() < tombstoneShare ? [i] : [])),
  };
  return { ...draft, keyed };
}

const utf8 = new TextEncoder();

/** A tombstone has no value: its name is in a header. */
export function recordsOf({ names, texts, keyed }: Draft, timestampMs: number): LogRecord[] {
  return texts.map((text, i) => {
    const isTombstone = keyed?.tombstones.includes(i) ?? false;
    const key = keyed?.keys[i];
    return {
      key: key === undefined ? null : utf8.encode(key),
      value: isTombstone ? null : utf8.encode(text),
      headers: isTombstone ? [[nameHeader, utf8.encode(names[i] ?? '')]] : [],
      timestampMs: Math.floor(timestampMs),
    };
  });
}
