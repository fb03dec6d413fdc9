/**
 * What a sender holds for a record on its way: where it goes, and the promise of its offset.
 */

import type { OpenBatch } from './open-batch.js';

export type RecordMetadata = {
  readonly topic: string;
  readonly partition: number;
  /** Undefined with acks 0. */
  readonly offset: number | undefined;
};

/** For a record that is on its way. */
export type Ticket = {
  readonly topic: string;
  readonly partition: number;
  /** Resolves when the record is durable; rejects when it has failed for good. */
  readonly ack: Promise<RecordMetadata>;
};

/** The promise is made when somebody asks for it, so that a failure nobody asked about rejects nothing. */
export class RecordTicket implements Ticket {
  readonly topic: string;
  readonly partition: number;
  readonly #batch: OpenBatch;
  readonly #index: number;
  #ack: Promise<RecordMetadata> | undefined;

  constructor(topic: string, partition: number, batch: OpenBatch, index: number) {
    this.topic = topic;
    this.partition = partition;
    this.#batch = batch;
    this.#index = index;
  }

  get ack(): Promise<RecordMetadata> {
    this.#ack ??= this.#placed();
    return this.#ack;
  }

  async #placed(): Promise<RecordMetadata> {
    const { topic, partition } = this;
    const fate = await this.#batch.fate();
    if (fate.kind === 'failed') throw fate.error;
    const { baseOffset } = fate;
    const offset = baseOffset === undefined ? undefined : baseOffset + this.#index;
    return { topic, partition, offset };
  }
}
