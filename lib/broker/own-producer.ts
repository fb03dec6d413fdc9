/**
 * The instance as a producer to one partition: it numbers the batches that came without a producer, so that
 * their commits are recognised when a reply is lost. Its numbers have no gap as long as all that were given
 * are committed in their order; who cannot promise that goes on as a new one.
 */

import type { BatchSequences } from '../log/append-plan.js';
import { advanceSequence } from '../log/producer-state.js';
import type { World } from '../store/world.js';

export type OwnProducer = {
  /** No other instance has it, nor had this one. */
  readonly name: string;
  number(recordCount: number): BatchSequences;
  /** Whether any of its numbers was in a commit: before that no head can know it. */
  sent: boolean;
};

export function createOwnProducer(world: World): OwnProducer {
  const random = Number.parseInt(world.uuid().replaceAll('-', '').slice(0, 12), 16);
  const name = `w${random.toString(36)}`;
  let next = 0;
  return {
    name,
    number(recordCount) {
      const baseSequence = next;
      next = advanceSequence(baseSequence, recordCount);
      return { producer: name, epoch: 0, baseSequence, nextSequence: next };
    },
    sent: false,
  };
}
