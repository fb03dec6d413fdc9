/**
 * Who did what, when, and what came of it, as records of a topic of its own, which the first of them
 * makes. Never a secret: only ids and names.
 */

import { auditTopic } from '../access/scopes.js';
import type { Codecs } from '../log/codecs.js';
import type { World } from '../store/world.js';
import { acceptAppend } from './accept-records.js';
import type { Broker } from './broker.js';
import { BrokerError } from './broker-error.js';

export type AuditEntry = {
  readonly keyId: string;
  readonly keyName: string;
  /** What was asked, as the face has it. */
  readonly action: string;
  /** What it was asked of: `topic x`, `group y`, `cluster`. */
  readonly resource: string;
  /** `ok`, or the code of the error. */
  readonly result: string;
  /** What was made, where only the answer knows. */
  readonly made?: string | undefined;
};

export type AuditLog = {
  /** Resolves when it is durable. Never throws: what was done is done, and a failure is logged. */
  write(entry: AuditEntry): Promise<void>;
};

const encoder = new TextEncoder();
/** A year. */
const configs = { 'retention.ms': String(365 * 24 * 3_600_000) };

export function createAuditLog(broker: Broker, codecs: Codecs, world: World): AuditLog {
  async function topicId(): Promise<string> {
    try {
      return (await broker.topics.find(auditTopic)).topicId;
    } catch (error) {
      if (!isCode(error, 'UNKNOWN_TOPIC_OR_PARTITION')) throw error;
    }
    try {
      return (await broker.topics.create(auditTopic, 1, { configs })).topicId;
    } catch (error) {
      if (!isCode(error, 'TOPIC_ALREADY_EXISTS')) throw error;
      return (await broker.topics.findAnew(auditTopic)).topicId;
    }
  }

  return {
    async write(entry) {
      try {
        const nowMs = world.clock.nowMs();
        const value = encoder.encode(JSON.stringify({ at: nowMs, ...entry }));
        const key = encoder.encode(entry.keyId);
        const ref = { topicId: await topicId(), partition: 0 };
        const record = { timestampMs: nowMs, key, value, headers: [] };
        const [result] = await broker.append([acceptAppend(ref, [record], codecs, nowMs)]);
        if (result?.kind === 'failed') throw result.error;
      } catch (error) {
        world.log.error('an audit entry was not stored', { ...entry, error });
      }
    },
  };
}

function isCode(error: unknown, code: BrokerError['code']): boolean {
  return error instanceof BrokerError && error.code === code;
}
