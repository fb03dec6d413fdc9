/**
 * The answers of one partition, in their order. Each is asked for as soon as the one before has said where it
 * ends, so that the server is busy with the next while this one arrives and is worked on.
 */

import type { FetchedBatches } from '../fetch-batches.js';

/** `onPlaced` is told where the answer will end. Undefined: there is none, and no other will come. */
export type Ask = (
  offset: number,
  onPlaced: (nextOffset: number) => void,
) => Promise<FetchedBatches | undefined>;

export type ReadAhead = {
  /** The answer from `offset` on; what was asked for from elsewhere is forgotten. */
  next(offset: number): Promise<FetchedBatches | undefined>;
};

/** Answers asked for and not taken. */
export const askedMax = 2;

type Asked = { readonly offset: number; readonly answer: Promise<FetchedBatches | undefined> };

export function createReadAhead(ask: Ask): ReadAhead {
  let asked: Asked[] = [];

  function begin(offset: number): Asked {
    const answer = ask(offset, (nextOffset) => {
      if (asked.at(-1) === one && asked.length < askedMax) begin(nextOffset);
    });
    // Who takes it hears of it.
    answer.catch(() => {});
    const one = { offset, answer };
    asked.push(one);
    return one;
  }

  return {
    async next(offset) {
      if (asked[0]?.offset !== offset) asked = [];
      const one = asked[0] ?? begin(offset);
      try {
        const answer = await one.answer;
        if (answer && asked.length === 1 && asked[0] === one) begin(answer.nextOffset);
        return answer;
      } finally {
        asked = asked.filter((other) => other !== one);
      }
    },
  };
}
