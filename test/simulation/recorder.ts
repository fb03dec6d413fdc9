/**
 * Writes down what clients ask and what they are told, as lib/checker/history.ts draws it.
 */

import type { Completion, HistoryEvent, Invoke, Operation } from '../../lib/checker/history.js';
import type { Clock } from '../../lib/store/world.js';

type Answer = Completion extends infer C
  ? C extends Completion
    ? Omit<C, 'process'>
    : never
  : never;

export type Recorder = {
  readonly events: readonly HistoryEvent[];
  /** Answers with the function that completes it. */
  invoke(process: string, operation: Operation): (answer: Answer) => void;
};

export function createRecorder(clock: Clock): Recorder {
  const events: HistoryEvent[] = [];
  return {
    events,
    invoke(process, operation) {
      const invoke = { type: 'invoke', process, ...operation } as Invoke;
      events.push({ ...invoke, atMs: clock.nowMs() });
      return (answer) => {
        events.push({ ...answer, process, atMs: clock.nowMs() } as HistoryEvent);
      };
    },
  };
}
