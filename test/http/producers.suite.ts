/**
 * Retries, order and conditions: what makes an append safe to repeat, and what a refused producer needs
 * to go on.
 */

import { describe, expect, test } from 'vitest';
import {
  type Api,
  type ApiOf,
  type AppendedTo,
  answerOf,
  append,
  appendEach,
  bytesInit,
  describeTopic,
  extra,
  jsonInit,
  newTopic,
  problemFrom,
  recordsPath,
  values,
  watermarks,
} from './api-client.js';
import { batch } from './batches.js';

type Producer = { readonly producerId: number; readonly producerEpoch: number };

const newProducer = async (api: Api): Promise<Producer> =>
  answerOf(await api.fetch('/v1/producers', { method: 'POST' }), 201);

const stamp = ({ producerId, producerEpoch }: Producer, baseSequence: number) =>
  `?producerId=${producerId}&producerEpoch=${producerEpoch}&baseSequence=${baseSequence}`;

const send = (api: Api, topic: string, query: string, value = 'v') =>
  api.fetch(`${recordsPath(topic)}${query}`, jsonInit({ records: [{ value }] }));

export function producerCases(api: ApiOf): void {
  describe('idempotent producers', () => {
    test('no producer id is given twice', async () => {
      const ids = await Promise.all(Array.from({ length: 20 }, () => newProducer(api())));
      expect(new Set(ids.map(({ producerId }) => producerId)).size).toBe(20);
      expect(ids.every(({ producerEpoch }) => producerEpoch === 0)).toBe(true);
    });

    // Fault 2 of docs/faults.md.
    test('a retry is answered with the original offsets and writes nothing', async () => {
      const topic = await newTopic(api());
      const producer = await newProducer(api());
      await append(api(), topic, [{ value: 'before' }]);
      const first = await append(
        api(),
        topic,
        [{ value: 'a' }, { value: 'b' }],
        stamp(producer, 0),
      );
      await append(api(), topic, [{ value: 'c' }], stamp(producer, 2));
      const retry = await append(
        api(),
        topic,
        [{ value: 'a' }, { value: 'b' }],
        stamp(producer, 0),
      );
      expect(first).toMatchObject({ baseOffset: 1, nextOffset: 3, duplicate: false });
      expect(retry).toMatchObject({ baseOffset: 1, nextOffset: 3, duplicate: true });
      expect(await values(api(), topic)).toEqual(['before', 'a', 'b', 'c']);
    });

    test('a retry of a binary batch is recognised by the batch itself', async () => {
      const topic = await newTopic(api());
      const { producerId, producerEpoch } = await newProducer(api());
      const producer = { producerId, producerEpoch, baseSequence: 0 };
      const init = bytesInit(batch(['a', 'b'], { producer, compression: 'gzip' }));
      const first = await answerOf<AppendedTo>(await api().fetch(recordsPath(topic), init));
      const retry = await answerOf<AppendedTo>(await api().fetch(recordsPath(topic), init));
      expect([first.duplicate, retry.duplicate]).toEqual([false, true]);
      expect(retry).toEqual({ ...first, duplicate: true });
      expect(await watermarks(api(), topic)).toEqual([2]);
    });

    // Fault 19 of docs/faults.md.
    test('many copies of one request at once are one append', async () => {
      const topic = await newTopic(api());
      const query = stamp(await newProducer(api()), 0);
      const copies = await Promise.all(
        Array.from({ length: 10 }, async () =>
          answerOf<AppendedTo>(await send(api(), topic, query)),
        ),
      );
      expect(copies.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
      expect(copies.every(({ baseOffset }) => baseOffset === 0)).toBe(true);
      expect(await watermarks(api(), topic)).toEqual([1]);
    });

    test('a producer has a sequence of its own in each partition', async () => {
      const topic = await newTopic(api(), 2);
      const query = stamp(await newProducer(api()), 0);
      for (const partition of [0, 1]) {
        const path = `${recordsPath(topic, partition)}${query}`;
        const answer = await api().fetch(path, jsonInit({ records: [{ value: 'v' }] }));
        expect(await answerOf<AppendedTo>(answer)).toMatchObject({ duplicate: false });
      }
    });
  });
  describe('producers that are refused', () => refusalCases(api));
  describe('conditions', () => conditionCases(api));
}

function refusalCases(api: ApiOf): void {
  // Fault 20 of docs/faults.md.
  test('a gap is refused with the sequence that is expected', async () => {
    const topic = await newTopic(api());
    const producer = await newProducer(api());
    await append(api(), topic, [{ value: 'a' }], stamp(producer, 0));
    const response = await send(api(), topic, stamp(producer, 5));
    const problem = await problemFrom(response, 409, 'OUT_OF_ORDER_SEQUENCE_NUMBER', /missing/);
    expect(problem).toMatchObject({ expectedSequence: 1, retriable: false, sideEffects: 'none' });
    expect(await watermarks(api(), topic)).toEqual([1]);
    await append(api(), topic, [{ value: 'b' }], stamp(producer, 1));
  });

  // Fault 14 of docs/faults.md.
  test('an older epoch is fenced by a newer one, and told which', async () => {
    const topic = await newTopic(api());
    const producer = await newProducer(api());
    await append(api(), topic, [{ value: 'a' }], stamp(producer, 0));
    await append(api(), topic, [{ value: 'b' }], stamp({ ...producer, producerEpoch: 3 }, 0));
    const response = await send(api(), topic, stamp(producer, 1));
    const problem = await problemFrom(response, 409, 'INVALID_PRODUCER_EPOCH', /newer epoch/);
    expect(problem).toMatchObject({ currentEpoch: 3, sideEffects: 'none' });
    expect(await watermarks(api(), topic)).toEqual([2]);
  });

  test('a new epoch begins at sequence 0', async () => {
    const topic = await newTopic(api());
    const producer = await newProducer(api());
    await append(api(), topic, [{ value: 'a' }], stamp(producer, 0));
    const response = await send(api(), topic, stamp({ ...producer, producerEpoch: 1 }, 1));
    const problem = await problemFrom(response, 409, 'OUT_OF_ORDER_SEQUENCE_NUMBER');
    expect(extra(problem, 'expectedSequence')).toBe(0);
  });

  // Fault 21 of docs/faults.md.
  test('a producer that nobody knows must begin at 0', async () => {
    const topic = await newTopic(api());
    const response = await send(api(), topic, stamp(await newProducer(api()), 7));
    const problem = await problemFrom(response, 409, 'UNKNOWN_PRODUCER_ID', /first sequence/);
    expect(problem).toMatchObject({ expectedSequence: 0, sideEffects: 'none' });
    expect(await watermarks(api(), topic)).toEqual([0]);
  });

  // Fault 21 of docs/faults.md.
  test('a retry is recognised five batches back, and beyond that refused, never written', async () => {
    const topic = await newTopic(api());
    const producer = await newProducer(api());
    for (let i = 0; i < 6; i++) {
      await append(api(), topic, [{ value: String(i) }], stamp(producer, i));
    }
    const fifthBack = await append(api(), topic, [{ value: '1' }], stamp(producer, 1));
    expect(fifthBack).toMatchObject({ duplicate: true, baseOffset: 1 });
    const response = await send(api(), topic, stamp(producer, 0));
    const problem = await problemFrom(response, 409, 'DUPLICATE_SEQUENCE_NUMBER', /last five/);
    expect(problem).toMatchObject({ expectedSequence: 6, sideEffects: 'none' });
    expect(await watermarks(api(), topic)).toEqual([6]);
  });
}

function conditionCases(api: ApiOf): void {
  const fence = (topic: string, body: unknown) =>
    api().fetch(`/v1/topics/${topic}/partitions/0/fence`, jsonInit(body, 'PUT'));

  test('expectedOffset appends only where the log ends, and says where that is', async () => {
    const topic = await newTopic(api());
    await append(api(), topic, [{ value: 'a' }], '?expectedOffset=0');
    const response = await send(api(), topic, '?expectedOffset=0');
    const problem = await problemFrom(response, 412, 'EXPECTED_OFFSET_MISMATCH', /ends at 1/);
    expect(problem).toMatchObject({ actualNextOffset: 1, sideEffects: 'none' });
    expect(await watermarks(api(), topic)).toEqual([1]);
    await append(api(), topic, [{ value: 'b' }], '?expectedOffset=1');
  });

  test('of many who expect the same offset exactly one is taken', async () => {
    const topic = await newTopic(api());
    const tries = await Promise.all(
      Array.from({ length: 10 }, (_, i) => send(api(), topic, '?expectedOffset=0', String(i))),
    );
    const statuses = tries.map(({ status }) => status).sort();
    expect(statuses).toEqual([200, ...Array.from({ length: 9 }, () => 412)]);
    expect(await watermarks(api(), topic)).toEqual([1]);
  });

  test('a retry of a conditional append is recognised although the log has moved on', async () => {
    const topic = await newTopic(api());
    const query = `${stamp(await newProducer(api()), 0)}&expectedOffset=0`;
    await append(api(), topic, [{ value: 'a' }], query);
    expect(await append(api(), topic, [{ value: 'a' }], query)).toMatchObject({
      duplicate: true,
      baseOffset: 0,
    });
  });

  test('a fencing token lets in its holder, and tells others which one holds', async () => {
    const topic = await newTopic(api());
    await appendEach(api(), topic, ['free']);
    const answer = await answerOf(await fence(topic, { token: 'mine' }));
    expect(answer).toEqual({ topic, partition: 0, token: 'mine', highWatermark: 1 });
    expect((await describeTopic(api(), topic)).partitions[0]?.fencingToken).toBe('mine');
    const response = await send(api(), topic, '?fencingToken=theirs');
    const problem = await problemFrom(response, 412, 'FENCING_TOKEN_MISMATCH', /another/);
    expect(problem).toMatchObject({ actualToken: 'mine', sideEffects: 'none' });
    await append(api(), topic, [{ value: 'held' }], '?fencingToken=mine');
    expect(await values(api(), topic)).toEqual(['free', 'held']);
  });

  test('a token changes hands only from the one that is expected', async () => {
    const topic = await newTopic(api());
    await answerOf(await fence(topic, { token: 'a', expected: null }));
    const refused = await problemFrom(
      await fence(topic, { token: 'b', expected: null }),
      412,
      'FENCING_TOKEN_MISMATCH',
    );
    expect(extra(refused, 'actualToken')).toBe('a');
    await answerOf(await fence(topic, { token: null, expected: 'a' }));
    expect((await describeTopic(api(), topic)).partitions[0]?.fencingToken).toBe(null);
  });
}
