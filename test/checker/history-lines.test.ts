/** A history as text: what is written is read back; what is no event is refused with its line. */

import { describe, expect, test } from 'vitest';
import type { HistoryEvent } from '../../lib/checker/history.js';
import { formatEvent, HistoryError, parseHistory } from '../../lib/checker/history-lines.js';
import {
  append,
  ask,
  commit,
  fail,
  fence,
  idempotent,
  invoke,
  read,
  trim,
  unknown,
} from './written.js';

const events: HistoryEvent[] = [
  invoke('p', append('a b', { ...idempotent(1, 2, 3), expectedOffset: 4, fencingToken: 'x' })),
  { type: 'ok', process: 'p', op: 'append', baseOffset: 4, atMs: 1.5 },
  ...read('a b', 4, { final: true }),
  ask(0),
  fail('r', 'OFFSET_OUT_OF_RANGE', { earliest: 2 }),
  ...fence('f', null),
  ...trim(3),
  ...commit('m', 1, 5, true),
  unknown('q'),
  { type: 'unknown', process: 'q', code: 'REQUEST_TIMED_OUT' },
];

test('every event comes back as it was', () => {
  const lines = events.map(formatEvent);
  expect([...parseHistory(lines)]).toEqual(events);
  expect([...parseHistory(`${lines.join('\n')}\n`)]).toEqual(events);
});

describe('what is no event', () => {
  const read = { type: 'ok', process: 'r', op: 'read', nextOffset: 0, highWatermark: 0 };
  const cases: [line: string, reason: RegExp][] = [
    ['{"type":', /it is not JSON/],
    ['[]', /it has no type of event/],
    ['{"type":"ok","op":{"toString":1},"process":"p"}', /there is no event "ok"/],
    ['3', /it is not an object/],
    ['{"type":"toString"}', /there is no event "toString"/],
    ['{"type":"invoke","op":"sing","process":"p"}', /there is no event "invoke sing"/],
    ['{"type":"unknown"}', /`process` must be a string/],
    ['{"type":"unknown","process":"p","atMs":"noon"}', /`atMs` must be a number/],
    ['{"type":"invoke","op":"append","process":"p","log":"l","values":[]}', /`values` must be/],
    ['{"type":"ok","op":"append","process":"p","baseOffset":-1}', /`baseOffset` must be a whole/],
    [JSON.stringify({ ...read, logStartOffset: 0, records: [[1]] }), /`records` must be an array/],
  ];
  test.each(cases)('%s', (line, reason) => {
    const parse = () => [...parseHistory(['', formatEvent(unknown('p')), line])];
    expect(parse).toThrow(HistoryError);
    expect(parse).toThrow(reason);
    expect(parse).toThrow(/^line 3 /);
  });
});
