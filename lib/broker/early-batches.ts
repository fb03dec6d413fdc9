/**
 * Puts a producer's batches back in order. Requests that a producer has under way at once come by different
 * connections, and the second may be read before the first: refused, its megabyte would be sent again. So
 * a batch that does not follow on from what this process has seen waits a moment for what it follows.
 *
 * Decides nothing: a batch that waited in vain goes on and meets the commit's own rule.
 */

import { keepNewest } from '../log/keep-newest.js';
import { partitionName } from '../log/partition-head.js';
import { judgeSequence, type ProducerEntry } from '../log/producer-state.js';
import type { Clock } from '../store/world.js';
import type { AppendTicket, Ticket } from './ticket.js';

export type EarlyBatches = {
  /** Hands tickets on to `submit`, at once or within `waitMsMax`. */
  submit(tickets: readonly AppendTicket[]): void;
  /** Resolves when none waits. */
  idle(): Promise<void>;
};

/** Beyond it the producer that was silent longest is forgotten; its next batch may wait in vain. */
const producersMax = 10_000;

type Early = { readonly name: string; readonly ticket: Ticket };

export function createEarlyBatches(
  clock: Clock,
  waitMsMax: number,
  submit: (tickets: readonly AppendTicket[]) => void,
): EarlyBatches {
  /** Where each producer's row stood when its last batch was handed on. */
  const handedOn = new Map<string, ProducerEntry>();
  let early: Early[] = [];
  const waits = new Set<Promise<void>>();

  /** The ticket, and those that waited for it. */
  function withFollowers({ name, ticket }: Early): Ticket[] {
    const { producer } = ticket;
    if (!producer) return [ticket];
    const { epoch, nextSequence } = producer;
    keepNewest(handedOn, name, { epoch, nextSequence }, producersMax);
    const follower = early.find((one) => one.name === name && isInTurn(one));
    if (!follower) return [ticket];
    early = early.filter((one) => one !== follower);
    return [ticket, ...withFollowers(follower)];
  }

  function isInTurn({ name, ticket }: Early): boolean {
    return verdictOf(name, ticket) === 'next';
  }

  function verdictOf(name: string, { producer }: Ticket) {
    return producer ? judgeSequence(producer, handedOn.get(name), []).kind : 'next';
  }

  function hold(one: Early): void {
    early.push(one);
    const wait = clock.sleep(waitMsMax).then(() => {
      waits.delete(wait);
      if (early.includes(one)) submit(releaseAll(one.name));
    });
    waits.add(wait);
  }

  /** What they wait for does not come: then at least in their own order. */
  function releaseAll(name: string): Ticket[] {
    const released = early.filter((one) => one.name === name);
    early = early.filter((one) => one.name !== name);
    const sequenceOf = ({ ticket }: Early) => ticket.producer?.baseSequence ?? 0;
    return released.sort((a, b) => sequenceOf(a) - sequenceOf(b)).flatMap(withFollowers);
  }

  function sortOut(ticket: AppendTicket): AppendTicket[] {
    if (!ticket.producer) return [ticket];
    const one = { name: `${partitionName(ticket.ref)}/${ticket.producer.producer}`, ticket };
    const verdict = verdictOf(one.name, ticket);
    if (verdict === 'next') return withFollowers(one);
    // A retry, or a producer that was replaced: the commit has the answer.
    if (verdict !== 'sequenceGap' && verdict !== 'unknownProducer') return [ticket];
    hold(one);
    return [];
  }

  return {
    submit(tickets) {
      const anyNumbered = tickets.some(({ producer }) => producer !== undefined);
      const inTurn = waitMsMax > 0 && anyNumbered ? tickets.flatMap(sortOut) : tickets;
      if (inTurn.length > 0) submit(inTurn);
    },
    async idle() {
      while (early.length > 0) await Promise.race(waits);
    },
  };
}
