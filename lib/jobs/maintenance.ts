/**
 * Maintenance as a whole: every partition in its turn, then clean-up, deleted topics, and what else is handed
 * in. One run is bounded in time and bytes; the next goes on behind the partition where it stopped, so that
 * none waits for ever. Any number of them may run at once, anywhere: each partition has one leader.
 */

import type { Codecs } from '../log/codecs.js';
import { isSamePartition, type PartitionRef } from '../log/partition-head.js';
import { type TopicConfigs, topicConfigsOf } from '../log/topic-configs.js';
import type { RunCursor } from '../store/job-store.js';
import type { Stores } from '../store/stores.js';
import type { World } from '../store/world.js';
import { type CleanUpReport, cleanUp, nothingCleaned } from './clean-up.js';
import { createIdleMemory, type IdleMemory } from './idle-memory.js';
import type { JobSettings } from './job-settings.js';
import {
  type MaintainDeps,
  maintainPartition,
  type PartitionReport,
} from './maintain-partition.js';
import { findPartition, type PlacedPartition, partitionsOfTopics } from './partitions.js';
import { sweepTopics } from './sweep-topics.js';

/** Of a run's time. */
const shareOfPartitions = 0.75;

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
  /** Joins the run that is under way, if there is one. `first`: where work was found, it begins there. */
  run(first?: PartitionRef): Promise<MaintenanceReport>;
  /** Has it run soon, beginning there, where it runs by itself. Nobody waits for that. */
  ask(first: PartitionRef): void;
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
  let asked: PartitionRef | undefined;
  const idle = createIdleMemory(world.clock);

  async function runOnce(first: PartitionRef | undefined): Promise<MaintenanceReport> {
    const startedAtMs = world.clock.nowMs();
    const isWithin = (ms: number) => !stopped && world.clock.nowMs() - startedAtMs < ms;
    const goesOn = () => isWithin(settings.runMsMax);
    // Partitions leave some time to what comes after them, however much there is to do.
    const maintains = () => isWithin(settings.runMsMax * shareOfPartitions);
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
    const deps = { stores, codecs, world, settings, idle };
    const maintained = await attempt('partitions', nothingMaintained, () =>
      maintainAll(deps, maintains, failed, first),
    );
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

  function run(first?: PartitionRef): Promise<MaintenanceReport> {
    running ??= runOnce(first)
      .then((report) => {
        last = report;
        return report;
      })
      .finally(() => {
        running = undefined;
        runIfAsked();
      });
    return running;
  }

  function runIfAsked(): void {
    if (running || !asked || stopped) return;
    const first = asked;
    asked = undefined;
    runByItself(first);
  }

  function runByItself(first?: PartitionRef): void {
    run(first).catch((error: unknown) => {
      world.log.warn('maintenance failed', { error: String(error) });
    });
  }

  return {
    run,
    status: () => ({ intervalMs: settings.intervalMs, running: running !== undefined, last }),
    start() {
      if (settings.intervalMs === 0) return;
      stopTicker ??= world.clock.every(settings.intervalMs, () => runByItself());
    },
    ask(first) {
      if (!stopTicker) return;
      asked = first;
      runIfAsked();
    },
    async stop() {
      stopped = true;
      stopTicker?.();
      await running?.catch(() => {});
    },
  };
}

type RunDeps = MaintainDeps & { readonly idle: IdleMemory };

const nothingYet = {
  partitions: 0,
  segments: 0,
  bytesCompacted: 0,
  recordsExpired: 0,
  recordsCompacted: 0,
  pagesDeleted: 0,
};

const nothingMaintained = { ...nothingYet, ledByOthers: 0, complete: false };

async function maintainAll(
  deps: RunDeps,
  inTime: () => boolean,
  failed: (part: string, error: unknown) => void,
  first: PartitionRef | undefined,
) {
  const { stores, settings } = deps;
  const sums = { ...nothingYet };
  let ledByOthers = 0;
  const goesOn = (bytes: number) => inTime() && sums.bytesCompacted + bytes < settings.runBytesMax;
  const maintain = async ({ topic, ref }: PlacedPartition) => {
    sums.partitions++;
    try {
      const report = await maintainUnlessIdle(deps, ref, topicConfigsOf(topic.configs), goesOn);
      if (report?.kind === 'ledByAnother') ledByOthers++;
      sums.segments += report?.segments ?? 0;
      sums.bytesCompacted += report?.bytesCompacted ?? 0;
      sums.recordsExpired += report?.recordsExpired ?? 0;
      sums.recordsCompacted += report?.recordsCompacted ?? 0;
      sums.pagesDeleted += report?.pagesDeleted ?? 0;
    } catch (error) {
      failed(`${topic.name}/${ref.partition}`, error);
    }
  };
  const found = first && (await findPartition(stores.topics, first));
  if (found && goesOn(0)) await maintain(found);
  const cursor = await stores.jobs.readCursor();
  let last: RunCursor | undefined;
  for await (const placed of partitionsOfTopics(stores.topics, cursor)) {
    const { topic, ref } = placed;
    if (first && isSamePartition(ref, first)) continue;
    if (!goesOn(0)) {
      if (last) await stores.jobs.writeCursor(last);
      return { ...sums, ledByOthers, complete: false };
    }
    await maintain(placed);
    last = { topic: topic.name, partition: ref.partition };
  }
  if (cursor) await stores.jobs.writeCursor(undefined);
  return { ...sums, ledByOthers, complete: true };
}

/** Undefined where nothing has happened since it was found idle: that takes one read. */
async function maintainUnlessIdle(
  deps: RunDeps,
  ref: PartitionRef,
  configs: TopicConfigs,
  goesOn: (bytesSoFar: number) => boolean,
): Promise<PartitionReport | undefined> {
  const { idle, stores } = deps;
  const before = await stores.index.readHead(ref);
  if (!before || idle.isIdle(ref, before, configs)) return undefined;
  const report = await maintainPartition(deps, ref, configs, goesOn);
  if (report.kind === 'idle') idle.noteIdle(ref, before, configs);
  else idle.forget(ref);
  return report;
}
