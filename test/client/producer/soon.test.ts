/** Calling back soon: at once where nothing is to be waited for, and never once it is called off. */

import { expect, test, vi } from 'vitest';
import { soon } from '../../../lib/client/producer/soon.js';

test('without a delay what is waiting already comes first, and no timer has to pass', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  try {
    const order: string[] = [];
    const called = new Promise<void>((resolve) =>
      soon(0, () => {
        order.push('soon');
        resolve();
      }),
    );
    await Promise.resolve();
    order.push('microtask');
    await called;
    expect(order).toEqual(['microtask', 'soon']);
  } finally {
    vi.useRealTimers();
  }
});

test.each([0, 5])('what is called off in time does not come, after %i ms', (delayMs) => {
  vi.useFakeTimers();
  try {
    const callback = vi.fn();
    const callOff = soon(delayMs, callback);
    callOff();
    vi.advanceTimersByTime(10);
    expect(callback).not.toHaveBeenCalled();
  } finally {
    vi.useRealTimers();
  }
});

test('where the runtime has timers only they do', () => {
  vi.useFakeTimers();
  vi.stubGlobal('setImmediate', undefined);
  try {
    const callback = vi.fn();
    soon(0, callback);
    vi.advanceTimersByTime(1);
    expect(callback).toHaveBeenCalledOnce();
  } finally {
    vi.unstubAllGlobals();
    vi.useRealTimers();
  }
});
