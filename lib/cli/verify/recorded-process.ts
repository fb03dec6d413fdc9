/**
 * Somebody who does one thing after the other, and has all of it written into a history: what is asked
 * before it is sent, what came of it as soon as it is known. After an append of which nobody knows whether
 * it had an effect, or still will, a process goes on under another name, because its order ends there.
 */

import type { Append, Completion, HistoryEvent, Operation } from '../../checker/history.js';
import { LogbrookError } from '../../client/logbrook-error.js';

export type Witness = {
  see(event: HistoryEvent): void;
  /** A promise means: wait for it before doing more. */
  room(): Promise<void> | undefined;
};

export type Ok = Extract<Completion, { readonly type: 'ok' }>;
/** An `ok` without the name of its process. */
export type Answer = Ok extends infer One ? (One extends Ok ? Omit<One, 'process'> : never) : never;

export type Outcome =
  | { readonly kind: 'ok'; readonly answer: Answer }
  | { readonly kind: 'fail' | 'unknown'; readonly error: LogbrookError };

export type RecordedProcess = {
  /** Its present name. */
  name(): string;
  /** `call` is told of each try that did not succeed: any of them may have had an effect. */
  perform(
    operation: Operation,
    call: (onRetry: (error: LogbrookError) => void) => Promise<Answer>,
  ): Promise<Outcome>;
};

export function createRecordedProcess(
  baseName: string,
  witness: Witness,
  clockMs: () => number,
): RecordedProcess {
  let lives = 0;
  const name = () => (lives === 0 ? baseName : `${baseName}.${lives}`);
  return {
    name,
    async perform(operation, call) {
      await witness.room();
      const process = name();
      let doubtful = false;
      witness.see({ type: 'invoke', process, ...operation, atMs: clockMs() });
      try {
        const answer = await call((error) => {
          doubtful ||= error.sideEffects === 'unknown';
        });
        witness.see({ ...answer, process, atMs: clockMs() } as HistoryEvent);
        return { kind: 'ok', answer };
      } catch (error) {
        if (!(error instanceof LogbrookError)) throw error;
        doubtful ||= error.sideEffects === 'unknown';
        const kind = doubtful && isAppend(operation) ? 'unknown' : 'fail';
        if (kind === 'unknown') lives++;
        const earliest = kind === 'fail' ? earliestOf(error) : {};
        witness.see({ type: kind, process, code: error.code, ...earliest, atMs: clockMs() });
        return { kind, error };
      }
    },
  };
}

function isAppend(operation: Operation): operation is Append {
  return operation.op === 'append';
}

/** A reader below the log start is told where the log starts: that is part of what is judged. */
function earliestOf({ details }: LogbrookError): { earliest?: number } {
  return typeof details.earliest === 'number' ? { earliest: details.earliest } : {};
}
