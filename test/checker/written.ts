/** Short ways to write a history by hand. */

import { checkHistory } from '../../lib/checker/checker.js';
import type { Append, Completion, HistoryEvent, Operation } from '../../lib/checker/history.js';

export type Ok = Extract<Completion, { type: 'ok' }>;

export const log = 't/0';

export function invoke(process: string, operation: Operation): HistoryEvent {
  return { type: 'invoke', process, ...operation };
}

export function append(values: string, facts: Partial<Append> = {}): Append {
  return { op: 'append', log, values: values.split(' '), ...facts };
}

export const unknown = (process: string): HistoryEvent => ({ type: 'unknown', process });
export const fail = (process: string, code = 'X', facts: { earliest?: number } = {}) =>
  ({ type: 'fail', process, code, ...facts }) satisfies HistoryEvent;
export const acked = (process: string, baseOffset: number): HistoryEvent => ({
  type: 'ok',
  process,
  op: 'append',
  baseOffset,
});

/** An append that is acknowledged at once. */
export function sent(process: string, values: string, at: number, facts: Partial<Append> = {}) {
  return [invoke(process, append(values, facts)), acked(process, at)];
}

type Served = { final?: boolean; next?: number; end?: number; start?: number; process?: string };

/** What a read at `offset` is told: `a b` at consecutive offsets, `a@3 b@5` at others. */
export function served(text: string, offset: number, facts: Served = {}): Completion & Ok {
  let next = offset;
  const records = text
    .split(' ')
    .filter((word) => word !== '')
    .map((word): [number, string] => {
      const [value = '', at = String(next)] = word.split('@');
      next = Number(at) + 1;
      return [Number(at), value];
    });
  const nextOffset = facts.next ?? next;
  const highWatermark = facts.end ?? nextOffset;
  const { process = 'r', start: logStartOffset = 0 } = facts;
  return { type: 'ok', process, op: 'read', records, nextOffset, highWatermark, logStartOffset };
}

export function ask(offset: number, { final = false, process = 'r' }: Served = {}): HistoryEvent {
  return invoke(process, { op: 'read', log, offset, ...(final && { final }) });
}

export function read(text: string, offset = 0, facts: Served = {}): HistoryEvent[] {
  return [ask(offset, facts), served(text, offset, facts)];
}

export const final = (text: string, offset = 0, facts: Served = {}) =>
  read(text, offset, { ...facts, final: true });

export function fence(process: string, token: string | null): HistoryEvent[] {
  return [invoke(process, { op: 'fence', log, token }), { type: 'ok', process, op: 'fence' }];
}

export function trim(offset: number, logStartOffset = offset): HistoryEvent[] {
  return [
    invoke('t', { op: 'trim', log, offset }),
    { type: 'ok', process: 't', op: 'trim', logStartOffset },
  ];
}

export function commit(member: string, memberEpoch: number, offset: number, reset = false) {
  return [
    invoke(member, { op: 'commit', group: 'g', log, member, memberEpoch, offset, reset }),
    { type: 'ok', process: member, op: 'commit' },
  ] satisfies HistoryEvent[];
}

export function idempotent(producerId: number, epoch: number, baseSequence: number) {
  return { producer: { producerId, epoch, baseSequence } };
}

/** Which anomalies a history shows. */
export function found(...parts: (HistoryEvent | HistoryEvent[])[]): string[] {
  return Object.keys(checkHistory(parts.flat()).totals);
}
