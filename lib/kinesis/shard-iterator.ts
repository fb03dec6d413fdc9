/**
 * Shard iterators: a place in one shard of one stream, good for five minutes.
 *
 *   topic id (16 bytes) | shard (4) | offset (8) | stream name
 */

import { Buffer } from 'node:buffer';
import { invalidArgument, KinesisError } from './kinesis-error.js';
import { openToken, sealToken } from './sealed-token.js';

export type ShardPlace = {
  readonly streamName: string;
  readonly topicId: string;
  readonly shard: number;
  readonly offset: number;
};

const lifeMs = 300_000;
const nameStart = 28;

export function sealIterator(key: Uint8Array, nowMs: number, place: ShardPlace): string {
  const content = Buffer.alloc(nameStart + Buffer.byteLength(place.streamName));
  content.write(place.topicId.replaceAll('-', ''), 0, 'hex');
  content.writeUInt32BE(place.shard, 16);
  content.writeBigUInt64BE(BigInt(place.offset), 20);
  content.write(place.streamName, nameStart);
  return sealToken(key, nowMs, content);
}

/** Throws what a client is told. AWS takes an iterator in double quotes, too. */
export function openIterator(key: Uint8Array, nowMs: number, iterator: string): ShardPlace {
  const token = openToken(key, iterator.replace(/^"(.*)"$/, '$1'));
  if (!token || token.content.length <= nameStart) throw invalidArgument('Invalid ShardIterator.');
  const { sealedAtMs, content } = token;
  if (nowMs - sealedAtMs > lifeMs) {
    throw new KinesisError(
      'ExpiredIteratorException',
      `Iterator expired. The iterator was created at time ${utcText(sealedAtMs)} while right now it is ${utcText(nowMs)} which is further in the future than the tolerated delay of ${lifeMs} milliseconds.`,
    );
  }
  const id = content.toString('hex', 0, 16);
  return {
    streamName: content.toString('utf8', nameStart),
    topicId: id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
    shard: content.readUInt32BE(16),
    offset: Number(content.readBigUInt64BE(20)),
  };
}

/** `Thu Jan 22 01:22:02 UTC 2015` */
function utcText(timeMs: number): string {
  const [week, day, month, year, time] = new Date(timeMs).toUTCString().split(/,? /);
  return `${week} ${month} ${day} ${time} UTC ${year}`;
}
