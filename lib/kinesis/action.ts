/**
 * What an action works with, and what it gives back: a value to be encoded, nothing, or a stream of
 * events.
 */

import type { Broker } from '../broker/broker.js';
import type { Codecs } from '../log/codecs.js';
import type { World } from '../store/world.js';
import type { Account } from './stream-name.js';
import type { Wire } from './wire.js';

export type KinesisSettings = {
  /** How long one SubscribeToShard lasts. */
  readonly subscriptionMs: number;
  /** A subscriber hears from us at least this often. */
  readonly heartbeatMs: number;
};

export const kinesisDefaults: KinesisSettings = { subscriptionMs: 300_000, heartbeatMs: 5_000 };

export type ActionDeps = {
  readonly broker: Broker;
  readonly codecs: Codecs;
  readonly world: World;
  readonly account: Account;
  readonly settings: KinesisSettings;
  /** What tokens are sealed with; the same in every instance. */
  readonly tokenKey: () => Promise<Uint8Array>;
  /** Fires when the server wants to stop: subscriptions end as if their time were over. */
  readonly stopping?: AbortSignal;
};

export type Call<Input> = {
  /** Checked against the shapes of its action. */
  readonly input: Input;
  readonly wire: Wire;
  readonly deps: ActionDeps;
  /** Lists show only these. */
  readonly maySee: (streamName: string) => boolean;
};

export type EventStream = {
  readonly kind: 'events';
  /** Encoded as the request was. Stops when it is not read any more. */
  readonly events: AsyncGenerator<EventToSend>;
};

export type EventToSend = { readonly type: string; readonly payload: unknown };

export function isEventStream(answer: unknown): answer is EventStream {
  return typeof answer === 'object' && (answer as { kind?: unknown } | null)?.kind === 'events';
}
