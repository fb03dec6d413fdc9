/**
 * The iterator of an async generator, with one promise for each item instead of several: what is there
 * already is not waited for. As with a generator, calls take their turn, and an error or `return` ends it.
 */

export type Steps<T> = {
  /** The next item, or the end; undefined: `more` has to be waited for. */
  step(): IteratorResult<T, undefined> | undefined;
  /** False: there is nothing more. */
  more(): Promise<boolean>;
};

export const ended: IteratorReturnResult<undefined> = { done: true, value: undefined };

export function iterateSteps<T>({ step, more }: Steps<T>): AsyncIterableIterator<T> {
  let over = false;
  /** The newest call that waits. */
  let turn: Promise<void> | undefined;

  function inTurn<R>(work: () => Promise<R>): Promise<R> {
    const done = turn ? turn.then(work) : work();
    // Comes before whoever waits for `done` asks for the next item.
    const free = () => {
      if (turn === mine) turn = undefined;
    };
    const mine: Promise<void> = done.then(free, free);
    turn = mine;
    return done;
  }

  function take(): IteratorResult<T, undefined> | undefined {
    if (over) return ended;
    // So it stays if `step` throws.
    over = true;
    const result = step();
    over = result?.done ?? false;
    return result;
  }

  async function takeLater(): Promise<IteratorResult<T, undefined>> {
    for (;;) {
      const result = take();
      if (result) return result;
      over = true;
      over = !(await more());
    }
  }

  return {
    next() {
      if (turn) return inTurn(takeLater);
      try {
        const result = take();
        return result ? Promise.resolve(result) : inTurn(takeLater);
      } catch (error) {
        return Promise.reject(error);
      }
    },
    return: (value) =>
      inTurn(async () => {
        over = true;
        return { done: true, value: await value };
      }),
    throw: (error) =>
      inTurn(async () => {
        over = true;
        throw error;
      }),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
