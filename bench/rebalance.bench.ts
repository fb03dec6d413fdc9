/**
 * How long the partitions of a consumer that is killed stay with nobody: eight consumers of the SDK, one local
 * server, a session of three seconds. The limit is the session timeout and two heartbeats.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../bin/sdk.js';
import { type ChildServer, startLogbrook } from './child-server.js';
import { median } from './measure.js';
import { createTopic } from './produce.bench.js';

const rounds = 3;
const memberCount = 8;
const partitionCount = 24;
const sessionTimeoutMs = 3_000;
const heartbeatMs = sessionTimeoutMs / 3;

export type Rebalance = {
  /** From the kill until the others have read a record from each partition that it had. */
  readonly tookMs: readonly number[];
  readonly limitMs: number;
  /** Records that were handled again after they had been committed, and records that nobody handled. */
  readonly repeated: number;
  readonly missed: number;
};

export async function measureRebalance(): Promise<Rebalance> {
  const dir = mkdtempSync(join(tmpdir(), 'logbrook-bench-'));
  const server = await startLogbrook(['--data-dir', dir]);
  try {
    const found = [];
    for (let round = 0; round < rounds; round++) found.push(await kill(server, `round-${round}`));
    return {
      tookMs: found.map(({ tookMs }) => tookMs),
      limitMs: sessionTimeoutMs + 2 * heartbeatMs,
      repeated: found.reduce((sum, one) => sum + one.repeated, 0),
      missed: found.reduce((sum, one) => sum + one.missed, 0),
    };
  } finally {
    await server.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

async function kill({ url }: ChildServer, topic: string) {
  await createTopic(url, topic, partitionCount);
  const committed = new Map<number, number>();
  const handled = new Set<string>();
  let repeated = 0;
  const start = () => {
    let dead = false;
    const logbrook = connect({
      url,
      fetch: async (address, init) => {
        if (dead) throw new TypeError('killed');
        return fetch(address, init);
      },
      observe(event) {
        for (const at of event.type === 'committed' ? event.positions : []) {
          committed.set(at.partition, Math.max(at.offset, committed.get(at.partition) ?? 0));
        }
      },
    });
    const group = { id: topic, sessionTimeoutMs };
    const consumer = logbrook.consumer({ topics: [topic], group, autoCommitIntervalMs: 200 });
    const running = consumer.run(({ partition, offset }) => {
      if (dead) return;
      if (offset < (committed.get(partition) ?? 0)) repeated++;
      handled.add(`${partition}/${offset}`);
    });
    running.catch((error: unknown) => {
      if (!dead) throw error;
    });
    const owned = () => consumer.positions().map(({ partition }) => partition);
    return { consumer, owned, die: () => (dead = true) };
  };
  const members = Array.from({ length: memberCount }, start);
  const share = partitionCount / memberCount;
  await until(() => members.every(({ owned }) => owned().length === share));
  const { admin } = connect({ url });
  const produce = async () => {
    const records = Array.from({ length: partitionCount }, (_, partition) => {
      return { value: 'x', partition };
    });
    await admin.append(topic, records);
  };
  await produce();
  await until(() => handled.size === partitionCount);
  await Promise.all(members.map(({ consumer }) => consumer.commit()));
  const [victim] = members;
  victim?.die();
  const diedMs = performance.now();
  await produce();
  await until(() => handled.size === 2 * partitionCount);
  const tookMs = performance.now() - diedMs;
  await Promise.all(members.map(({ consumer }) => consumer.close().catch(() => undefined)));
  return { tookMs, repeated, missed: 2 * partitionCount - handled.size };
}

async function until(condition: () => boolean): Promise<void> {
  const endMs = performance.now() + 60_000;
  while (!condition()) {
    if (performance.now() > endMs) throw new Error('it did not happen within a minute');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

export function rebalanceReport({ tookMs, limitMs, repeated, missed }: Rebalance): string {
  const each = tookMs.map((ms) => Math.round(ms)).join(', ');
  return [
    `\nrebalance: one of ${memberCount} consumers killed, ${partitionCount} partitions, session ${sessionTimeoutMs} ms`,
    `its partitions are read again after ${Math.round(median(tookMs))} ms (${each}), wanted at most ${limitMs}`,
    `handled again after their commit: ${repeated}; missed: ${missed}`,
  ].join('\n');
}
