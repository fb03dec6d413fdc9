/**
 * A trivially correct log in memory, driven step by step by clients whose replies may be lost: what it
 * does is right by construction, so a checker that complains is wrong.
 */

import type { Append, Completion, HistoryEvent, Operation } from '../../lib/checker/history.js';

/** One step: a client does the next thing it can do, told by `dice`. */
export type Step = { readonly who: number; readonly dice: number };

type Client = {
  readonly name: string;
  readonly producerId: number;
  epoch: number;
  sequence: number;
  /** An append to be tried again, with the same identity. */
  retry?: Append;
  position: number;
  under?: { readonly operation: Operation; acted: boolean; answer?: Completion };
};

const log = 'l';

export function runCorrectLog(steps: readonly Step[], clientCount: number): HistoryEvent[] {
  const events: HistoryEvent[] = [];
  const store = createStore();
  const clients = Array.from({ length: clientCount }, (_, i): Client => {
    // Each producer id is shared by two processes, of which the later has the newer epoch.
    return { name: `c${i}`, producerId: i >> 1, epoch: i & 1, sequence: 0, position: 0 };
  });
  const late: Operation[] = [];
  let nextValue = 0;

  function choose(client: Client, dice: number): Operation {
    const kind = dice % 8;
    if (kind < 2) return { op: 'read', log, offset: client.position };
    if (kind === 2 && dice > 240) {
      return { op: 'trim', log, offset: dice % (store.end() + 1) };
    }
    if (kind === 3 && dice > 200) return { op: 'fence', log, token: `t${dice % 3}` };
    if (kind < 6 && client.retry) return client.retry;
    const values = Array.from({ length: 1 + (dice % 3) }, () => `v${nextValue++}`);
    const { producerId, epoch, sequence: baseSequence } = client;
    if (kind === 4) return { op: 'append', log, values, expectedOffset: store.end() };
    if (kind === 5) return { op: 'append', log, values, fencingToken: `t${dice % 3}` };
    if (kind === 6) return { op: 'append', log, values };
    return { op: 'append', log, values, producer: { producerId, epoch, baseSequence } };
  }

  function complete(client: Client, type: 'unknown' | 'answer'): void {
    const { operation, answer } = client.under as NonNullable<Client['under']>;
    delete client.under;
    const completion: Completion =
      type === 'answer' && answer ? answer : { type: 'unknown', process: client.name };
    events.push(completion);
    const idempotent = operation.op === 'append' && operation.producer !== undefined;
    if (completion.type === 'unknown' && idempotent) client.retry = operation;
    else if (idempotent) {
      delete client.retry;
      if (completion.type === 'ok') {
        client.sequence = (operation.producer?.baseSequence ?? 0) + operation.values.length;
      }
    }
    if (completion.type === 'ok' && completion.op === 'read')
      client.position = completion.nextOffset;
    if (completion.type === 'fail') client.position = completion.earliest ?? client.position;
  }

  for (const { who, dice } of steps) {
    const arrived = dice % 16 === 15 && late.shift();
    if (arrived) store.act(arrived);
    const client = clients[who % clients.length] as Client;
    const { under } = client;
    if (!under) {
      const operation = choose(client, dice);
      events.push({ type: 'invoke', process: client.name, ...operation });
      client.under = { operation, acted: false };
    } else if (!under.acted) {
      under.acted = true;
      // One in eight never reaches the log; one in eight only after the client has given up.
      if (dice % 8 === 1) late.push(under.operation);
      else if (dice % 8 > 1) under.answer = { ...store.act(under.operation), process: client.name };
      if (dice % 8 === 1) complete(client, 'unknown');
    } else complete(client, dice % 8 === 0 ? 'unknown' : 'answer');
  }
  for (let position = store.start(); position < store.end(); ) {
    events.push({ type: 'invoke', process: 'f', op: 'read', log, offset: position, final: true });
    const answer = store.act({ op: 'read', log, offset: position });
    events.push({ ...answer, process: 'f' });
    if (answer.type === 'ok' && answer.op === 'read') position = answer.nextOffset;
  }
  return events;
}

type Answer = Completion;

function createStore() {
  const records: string[] = [];
  const taken = new Map<string, number>();
  const producers = new Map<number, { epoch: number; sequence: number }>();
  let start = 0;
  let token: string | null = null;
  const process = '';
  const refuse = (code: string): Answer => ({ type: 'fail', process, code });

  function append({ values, producer, expectedOffset, fencingToken }: Append): Answer {
    const before = taken.get(values[0] as string);
    if (before !== undefined) return { type: 'ok', process, op: 'append', baseOffset: before };
    if (expectedOffset !== undefined && expectedOffset !== records.length)
      return refuse('EXPECTED');
    if (fencingToken !== undefined && fencingToken !== token) return refuse('FENCED');
    if (producer) {
      const known = producers.get(producer.producerId) ?? { epoch: 0, sequence: 0 };
      const expected = producer.epoch > known.epoch ? 0 : known.sequence;
      if (producer.epoch < known.epoch || producer.baseSequence !== expected) {
        return refuse('SEQUENCE');
      }
      const { epoch, baseSequence } = producer;
      producers.set(producer.producerId, { epoch, sequence: baseSequence + values.length });
    }
    const baseOffset = records.length;
    taken.set(values[0] as string, baseOffset);
    records.push(...values);
    return { type: 'ok', process, op: 'append', baseOffset };
  }

  function read(offset: number): Answer {
    if (offset < start) {
      return { type: 'fail', process, code: 'OFFSET_OUT_OF_RANGE', earliest: start };
    }
    const served = records.slice(offset, offset + 4);
    return {
      type: 'ok',
      process,
      op: 'read',
      records: served.map((value, i) => [offset + i, value]),
      nextOffset: offset + served.length,
      highWatermark: records.length,
      logStartOffset: start,
    };
  }

  return {
    start: () => start,
    end: () => records.length,
    act(operation: Operation): Answer {
      switch (operation.op) {
        case 'append':
          return append(operation);
        case 'read':
          return read(operation.offset);
        case 'fence':
          token = operation.token;
          return { type: 'ok', process, op: 'fence' };
        case 'trim':
          start = Math.max(start, operation.offset);
          return { type: 'ok', process, op: 'trim', logStartOffset: start };
        case 'commit':
          return refuse('NO_GROUPS');
      }
    },
  };
}
