/** One call: what is tried again, how long each try may take, and who hears of it. */

import { expect, test } from 'vitest';
import { createCall } from '../../lib/client/call.js';
import { LogbrookError, type SideEffects } from '../../lib/client/logbrook-error.js';
import type { ClientEvent } from '../../lib/client/observer.js';
import type { HttpRequest, Transport } from '../../lib/client/transport.js';
import { eagerTiming } from './in-process-server.js';

/** Fails with these effects, one after another, and then answers. */
function failing(...effects: SideEffects[]) {
  const sent: HttpRequest[] = [];
  const events: ClientEvent[] = [];
  const transport = {
    async exchange(request: HttpRequest) {
      const sideEffects = effects[sent.push(request) - 1];
      if (sideEffects === undefined) return 'done';
      const facts = { code: 'KAFKA_STORAGE_ERROR', status: 503, retriable: true, sideEffects };
      throw new LogbrookError('busy', facts);
    },
  } as unknown as Transport;
  return { sent, events, call: createCall(transport, eagerTiming, (event) => events.push(event)) };
}

const request = { method: 'POST', path: '/v1/x' } as const;

test('each try has a time of its own, and each failed one is told', async () => {
  const { sent, events, call } = failing('unknown', 'none');
  const left = [900, 600, 300];
  const errors: string[] = [];
  const timeoutMs = () => left.shift() ?? 0;
  const onRetry = ({ sideEffects }: LogbrookError) => void errors.push(sideEffects);
  expect(await call('always', { ...request, timeoutMs }, { onRetry })).toBe('done');
  expect(sent.map((one) => one.timeoutMs)).toEqual([900, 600, 300]);
  expect(errors).toEqual(['unknown', 'none']);
  const retried = { type: 'retried', code: 'KAFKA_STORAGE_ERROR', path: '/v1/x' };
  expect(events).toEqual([retried, retried]);
});

test('what may have had an effect is not repeated where that could do harm', async () => {
  const { sent, call } = failing('none', 'unknown');
  await expect(call('noEffect', request)).rejects.toMatchObject({ sideEffects: 'unknown' });
  expect(sent).toHaveLength(2);
});
