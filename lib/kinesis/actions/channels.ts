/**
 * Channels, by which Kinesis delivers a stream to S3. There are none here: none can be made, and so none
 * is found.
 */

import type { Call } from '../action.js';
import { invalidArgument, notFound } from '../kinesis-error.js';

export async function createChannel(_call: Call<unknown>): Promise<never> {
  throw invalidArgument(
    'Channels are not supported: nothing is delivered to S3. A consumer of the stream can do it.',
  );
}

export async function listChannels(_call: Call<unknown>) {
  return { ChannelSummaries: [] };
}

type ChannelInput = { readonly ChannelARN: string };

/** DeleteChannel, DescribeChannel and UpdateChannel. */
export async function missingChannel({ input }: Call<ChannelInput>): Promise<never> {
  throw notFound(`Channel ${input.ChannelARN} not found.`);
}
