/**
 * Publishes events on Node's diagnostics channels, one channel per type of event: `logbrook:batch-sent`.
 * Costs next to nothing while nobody subscribes.
 */

import { channel } from 'node:diagnostics_channel';

export const eventChannelPrefix = 'logbrook:';

export function publishOnChannel(event: { readonly type: string }): void {
  const to = channel(eventChannelPrefix + event.type);
  if (to.hasSubscribers) to.publish(event);
}
