/**
 * A group as it is stored. 200 members on 1,000 partitions take about 15 KB: what members have in common
 * is written once, members stand in slots as numbers, epochs and times as distances.
 *
 *   version 1
 *   uid, epoch, targetEpoch, assignor, emptySince      text, 3 varints, varint (0: null)
 *   count, texts                                       client ids, instance ids, topic names, patterns
 *   count, subscriptions                               count, topics; pattern: 0 or text + 1
 *   latest                                             the greatest seenMs
 *   count, members                                     see `writeMember`
 *   count, topics                                      name, topic id, count, slots: see `writeSlot`
 */

import { ByteReader } from '../log/byte-reader.js';
import { ByteWriter } from '../log/byte-writer.js';
import { CorruptData } from '../log/corrupt-data.js';
import { readCount, readText, writeText } from '../log/text-format.js';
import {
  assignorNames,
  type Group,
  type GroupTopic,
  type Member,
  type Slot,
  type Subscription,
} from './group.js';

const version = 1;

export function encodeGroup(group: Group): Uint8Array {
  const writer = new ByteWriter(4_096);
  const texts = createTable<string>((text) => text);
  const subscriptions = createTable<Subscription>((one) => JSON.stringify(one));
  for (const { clientId, instanceId, subscription } of group.members) {
    subscriptions.numberOf(subscription);
    for (const text of [clientId, instanceId, ...subscription.topics, subscription.pattern]) {
      if (text !== null) texts.numberOf(text);
    }
  }
  writer.int8(version);
  writeText(writer, group.uid);
  writer.unsigned(group.epoch);
  writer.unsigned(group.targetEpoch);
  writer.unsigned(assignorNames.indexOf(group.assignor));
  writer.unsigned(group.emptySinceMs === null ? 0 : group.emptySinceMs + 1);
  writeList(writer, texts.values(), (text) => writeText(writer, text));
  const optionalText = (text: string | null) =>
    writer.unsigned(text === null ? 0 : texts.numberOf(text) + 1);
  writeList(writer, subscriptions.values(), ({ topics, pattern }) => {
    writeList(writer, topics, (topic) => writer.unsigned(texts.numberOf(topic)));
    optionalText(pattern);
  });
  const latestMs = group.members.reduce((latest, { seenMs }) => Math.max(latest, seenMs), 0);
  writer.unsigned(latestMs);
  writeList(writer, group.members, (member) => {
    writeText(writer, member.memberId);
    optionalText(member.instanceId);
    writer.unsigned(texts.numberOf(member.clientId));
    writer.unsigned(subscriptions.numberOf(member.subscription));
    writeMember(writer, member, group.epoch, latestMs);
  });
  const numbers = new Map(group.members.map(({ memberId }, i) => [memberId, i + 1]));
  const numberOf = (memberId: string | null) =>
    memberId === null ? 0 : (numbers.get(memberId) as number);
  writeList(writer, group.topics, ({ name, topicId, slots }) => {
    writeText(writer, name);
    writeText(writer, topicId);
    writeList(writer, slots, (slot) => writeSlot(writer, slot, group.epoch, numberOf));
  });
  return writer.finish().slice();
}

/** Throws `CorruptData`. */
export function decodeGroup(bytes: Uint8Array): Group {
  const reader = new ByteReader(bytes);
  const found = reader.int8();
  if (found !== version) {
    throw new CorruptData(`a group has version ${found}, this code reads ${version}`);
  }
  const uid = readText(reader);
  const epoch = reader.unsigned();
  const targetEpoch = reader.unsigned();
  const assignor = at(assignorNames, reader.unsigned());
  const emptySince = reader.unsigned();
  const texts = readList(reader, () => readText(reader));
  const optionalText = () => {
    const number = reader.unsigned();
    return number === 0 ? null : at(texts, number - 1);
  };
  const subscriptions = readList(reader, (): Subscription => {
    const topics = readList(reader, () => at(texts, reader.unsigned()));
    return { topics, pattern: optionalText() };
  });
  const latestMs = reader.unsigned();
  const members = readList(reader, (): Member => {
    const memberId = readText(reader);
    const instanceId = optionalText();
    const clientId = at(texts, reader.unsigned());
    const subscription = at(subscriptions, reader.unsigned());
    const rest = readMember(reader, epoch, latestMs);
    return { memberId, instanceId, clientId, subscription, ...rest };
  });
  const memberOf = (number: number) => (number === 0 ? null : at(members, number - 1).memberId);
  const topics = readList(reader, (): GroupTopic => {
    const name = readText(reader);
    const topicId = readText(reader);
    return { name, topicId, slots: readList(reader, () => readSlot(reader, epoch, memberOf)) };
  });
  const emptySinceMs = emptySince === 0 ? null : emptySince - 1;
  return { uid, epoch, targetEpoch, assignor, members, topics, emptySinceMs };
}

/** flags: 1 absent, 2 revoking, 4 uniform, 8 range; timeouts; epochs and times as distances. */
function writeMember(writer: ByteWriter, member: Member, epoch: number, latestMs: number): void {
  const { absent, revokingSinceMs, assignor, memberEpoch } = member;
  const vote = assignor === null ? 0 : 4 << assignorNames.indexOf(assignor);
  writer.int8((absent ? 1 : 0) | (revokingSinceMs === null ? 0 : 2) | vote);
  writer.unsigned(member.sessionTimeoutMs);
  writer.unsigned(member.rebalanceTimeoutMs);
  writer.unsigned(epoch - memberEpoch);
  writer.unsigned(memberEpoch - member.previousEpoch);
  writer.unsigned(latestMs - member.seenMs);
  if (revokingSinceMs !== null) writer.varint(latestMs - revokingSinceMs);
}

function readMember(
  reader: ByteReader,
  epoch: number,
  latestMs: number,
): Omit<Member, 'memberId' | 'instanceId' | 'clientId' | 'subscription'> {
  const flags = reader.int8();
  const sessionTimeoutMs = reader.unsigned();
  const rebalanceTimeoutMs = reader.unsigned();
  const memberEpoch = epoch - reader.unsigned();
  const previousEpoch = memberEpoch - reader.unsigned();
  const seenMs = latestMs - reader.unsigned();
  const revokingSinceMs = flags & 2 ? latestMs - reader.varint() : null;
  return {
    assignor: assignorNames.find((_, i) => flags & (4 << i)) ?? null,
    sessionTimeoutMs,
    rebalanceTimeoutMs,
    memberEpoch,
    previousEpoch,
    seenMs,
    revokingSinceMs,
    absent: (flags & 1) === 1,
  };
}

/** 2 * target, and one more where the owner is another and follows; since when, where there is one. */
function writeSlot(
  writer: ByteWriter,
  { target, owner, sinceEpoch }: Slot,
  epoch: number,
  numberOf: (memberId: string | null) => number,
): void {
  const settled = owner === target;
  writer.unsigned(numberOf(target) * 2 + (settled ? 0 : 1));
  if (!settled) writer.unsigned(numberOf(owner));
  if (owner !== null) writer.unsigned(epoch - sinceEpoch);
}

function readSlot(
  reader: ByteReader,
  epoch: number,
  memberOf: (number: number) => string | null,
): Slot {
  const first = reader.unsigned();
  const target = memberOf(Math.floor(first / 2));
  const owner = first % 2 === 0 ? target : memberOf(reader.unsigned());
  const sinceEpoch = owner === null ? 0 : epoch - reader.unsigned();
  return { target, owner, sinceEpoch };
}

/** Values in the order of their first use, each once. */
function createTable<T>(keyOf: (value: T) => string) {
  const numbers = new Map<string, number>();
  const values: T[] = [];
  return {
    values: () => values,
    numberOf(value: T): number {
      const known = numbers.get(keyOf(value));
      if (known !== undefined) return known;
      numbers.set(keyOf(value), values.length);
      return values.push(value) - 1;
    },
  };
}

function writeList<T>(writer: ByteWriter, values: readonly T[], write: (value: T) => void): void {
  writer.unsigned(values.length);
  for (const value of values) write(value);
}

function readList<T>(reader: ByteReader, read: () => T): T[] {
  return Array.from({ length: readCount(reader) }, read);
}

function at<T>(values: readonly T[], index: number): T {
  const value = values[index];
  if (value === undefined)
    throw new CorruptData(`a group names entry ${index} of ${values.length}`);
  return value;
}
