/**
 * Maintenance as a whole: every partition in its turn, then clean-up, deleted topics, and what else is handed
 * in. One run is bounded in time and bytes; the next goes on where it stopped. Any number of them may run at once, anywhere: each partition has one
 * leader.
 */

import type { Codecs } from '../log/codecs.js';
import { topicConfigsOf } from '../log/topic-configs.js';
import type { Stores } from '../store/stores.js';
import type { World } from '../store/world.js';
import { type CleanUpReport, cleanUp, nothingCleaned } from './clean-up.js';
import type { JobSettings } from './job-settings.js';
import { type MaintainDeps, maintainPartition } from './maintain-partition.js';
import { partitionsOfTopics } from './partitions.js';
import { sweepTopics } from './sweep-topics.js';

export type MaintenanceReport = CleanUpReport & {
  readonly startedAtMs: number;
  readonly tookMs: number;
  readonly partitions: number;
  readonly segments: number;
  readonly bytesCompacted: number;
  readonly recordsExpired: number;
  readonly recordsCompacted: number;
  readonly pagesDeleted: number;
  /** Deleted topics of which nothing is left now. */
  readonly topicsSwept: number;
  /** Groups without members whose last committed offset was too old. */
  readonly groupsExpired: number;
  /** Partitions that another leader was at. */
  readonly ledByOthers: number;
  /** One line for each part that failed; the others went on. */
  readonly failures: readonly string[];
  /** False: time or bytes ran out, the next run goes on. */
  readonly complete: boolean;
};

export type JobStatus = {
  /** Between two runs; 0: only when asked for. */
  readonly intervalMs: number;
  readonly running: boolean;
  /** Undefined before the first run of this process. */
  readonly last: MaintenanceReport | undefined;
};

export type Maintenance = {
  /** Joins the run that is under way, if there is one. */
  run(): Promise<MaintenanceReport>;
  status(): JobStatus;
  /** Runs again and again, unless the interval is 0, until `stop`, which waits for the run under way. */
  start(): void;
  stop(): Promise<void>;
};

/** `expireGroups` is handed in: groups are not kept here. It says how many are gone. */
export function createMaintenance(
  stores: Stores,
  codecs: Codecs,
  world: World,
  settings: JobSettings,
  expireGroups: () => Promise<number> = async () => 0,
): Maintenance {
  let running: Promise<MaintenanceReport> | undefined;
  let last: MaintenanceReport | undefined;
  let stopTicker: (() => void) | undefined;
  let stopped = false;

  async function runOnce(): Promise<MaintenanceReport> {
    const startedAtMs = world.clock.nowMs();
    const goesOn = () => !stopped && world.clock.nowMs() - startedAtMs < settings.runMsMax;
    const failures: string[] = [];
    const failed = (part: string, error: unknown) => {
      failures.push(`${part}: ${String(error)}`);
      world.log.warn('a part of maintenance failed', { part, error: String(error) });
    };
    /** What fails is told, and the rest goes on. */
    const attempt = async <T>(part: string, otherwise: T, work: () => Promise<T>): Promise<T> => {
      try {
        return await work();
      } catch (error) {
        failed(part, error);
        return otherwise;
      }
    };
    const now = () => world.clock.nowMs();
    const { graceMs } = settings;
    const deps = { stores, codecs, world, settings };
    const maintained = await maintainAll(deps, goesOn, failed);
    const cleaned = await attempt('clean-up', nothingCleaned, () =>
      cleanUp(stores, now(), graceMs, goesOn),
    );
    const topicsSwept = await attempt('deleted topics', 0, () =>
      sweepTopics(stores, now(), graceMs, goesOn),
    );
    const groupsExpired = goesOn() ? await attempt('groups', 0, expireGroups) : 0;
    const parts = { ...maintained, ...cleaned, topicsSwept, groupsExpired };
    return { startedAtMs, tookMs: now() - startedAtMs, ...parts, failures };
  }

  function run(): Promise<MaintenanceReport> {
    running ??= runOnce()
      .then((report) => {
        last = report;
        return report;
      })
      .finally(() => {
        running = undefined;
      });
    return running;
  }

  return {
    run,
    status: () => ({ intervalMs: settings.intervalMs, running: running !== undefined, last }),
    start() {
      if (settings.intervalMs === 0) return;
      stopTicker ??= world.clock.every(settings.intervalMs, () => {
        run().catch((error: unknown) => {
          world.log.warn('maintenance failed', { error: String(error) });
        });
      });
    },
    async stop() {
      stopped = true;
      stopTicker?.();
      await running?.catch(() => {});
    },
  };
}

async function maintainAll(
  deps: MaintainDeps,
  inTime: () => boolean,
  failed: (part: string, error: unknown) => void,
) {
  const { stores, settings } = deps;
  const sums = {
    partitions: 0,
    segments: 0,
    bytesCompacted: 0,
    recordsExpired: 0,
    recordsCompacted: 0,
    pagesDeleted: 0,
  };
  let ledByOthers = 0;
  for await (const { topic, ref } of partitionsOfTopics(stores.topics)) {
    const goesOn = (bytes: number) =>
      inTime() && sums.bytesCompacted + bytes < settings.runBytesMax;
    if (!goesOn(0)) return { ...sums, ledByOthers, complete: false };
    sums.partitions++;
    try {
      const report = await maintainPartition(deps, ref, topicConfigsOf(topic.configs), goesOn);
      if (report.kind === 'ledByAnother') ledByOthers++;
      sums.segments += report.segments;
      sums.bytesCompacted += report.bytesCompacted;
      sums.recordsExpired += report.recordsExpired;
      sums.recordsCompacted += report.recordsCompacted;
      sums.pagesDeleted += report.pagesDeleted;
    } catch (error) {
      failed(`${topic.name}/${ref.partition}`, error);
    }
  }
  return { ...sums, ledByOthers, complete: true };
}
