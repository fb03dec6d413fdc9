/**
 * Names and ARNs. A request names its stream by either, or by both if they agree; account and region in
 * an ARN are not looked at, for there is one of each.
 */

import { invalidArgument } from './kinesis-error.js';

export type Account = { readonly region: string; readonly accountId: string };

export function streamArnOf({ region, accountId }: Account, name: string): string {
  return `arn:aws:kinesis:${region}:${accountId}:stream/${name}`;
}

export function consumerArnOf(
  account: Account,
  streamName: string,
  consumer: { readonly name: string; readonly createdAtMs: number },
): string {
  const arn = streamArnOf(account, streamName);
  return `${arn}/consumer/${consumer.name}:${Math.floor(consumer.createdAtMs / 1000)}`;
}

export type NamedStream = { readonly StreamName?: string; readonly StreamARN?: string };

export function streamNameOf({ StreamName, StreamARN }: NamedStream): string {
  const fromArn = StreamARN === undefined ? undefined : resourceOf(StreamARN).streamName;
  const name = StreamName ?? fromArn;
  if (name === undefined) {
    throw invalidArgument('Either StreamName or StreamARN should be provided.');
  }
  if (fromArn !== undefined && fromArn !== name) {
    throw invalidArgument(`StreamName ${name} and StreamARN ${StreamARN} name different streams.`);
  }
  return name;
}

export type Resource = {
  readonly streamName: string;
  readonly consumer?: { readonly name: string; readonly createdAtSecs: number };
};

export function resourceOf(arn: string): Resource {
  const match = /:stream\/([^/\s]+)(?:\/consumer\/([^/:\s]+):(\d+))?$/.exec(arn);
  if (!match) throw invalidArgument(`ARN ${arn} names no stream and no consumer.`);
  const [, streamName = '', name, createdAtSecs] = match;
  if (name === undefined) return { streamName };
  return { streamName, consumer: { name, createdAtSecs: Number(createdAtSecs) } };
}
