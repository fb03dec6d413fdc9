/**
 * Maintenance as a whole: every partition in its turn, then clean-up. One run is bounded in time and bytes;
 * the next goes on where it stopped. Any number of them may run at once, anywhere: each partition has one
 * leader.
 */

import type { Codecs } from '../log/codecs.js';
import { topicConfigsOf } from '../log/topic-configs.js';
import type { Stores } from '../store/stores.js';
import type { World } from '../store/world.js';
import { type CleanUpReport, cleanUp } from './clean-up.js';
import type { JobSettings } from './job-settings.js';
import { maintainPartition } from './maintain-partition.js';
import { partitionsOfTopics } from './partitions.js';

export type MaintenanceReport = CleanUpReport & {
  readonly startedAtMs: number;
  readonly tookMs: number;
  readonly partitions: number;
  readonly segments: number;
  readonly bytesCompacted: number;
  readonly recordsExpired: number;
  readonly pagesDeleted: number;
  /** Partitions that another leader was at. */
  readonly ledByOthers: number;
  /** One line for each partition that failed; the others went on. */
  readonly failures: readonly string[];
  /** False: time or bytes ran out, the next run goes on. */
  readonly complete: boolean;
};

export type JobStatus = {
  readonly running: boolean;
  /** Undefined before the first run of this process. */
  readonly last: MaintenanceReport | undefined;
};

export type Maintenance = {
  /** Joins the run that is under way, if there is one. */
  run(): Promise<MaintenanceReport>;
  status(): JobStatus;
  /** Runs again and again until `stop`, which waits for the run under way. */
  start(): void;
  stop(): Promise<void>;
};

export function createMaintenance(
  stores: Stores,
  codecs: Codecs,
  world: World,
  settings: JobSettings,
): Maintenance {
  let running: Promise<MaintenanceReport> | undefined;
  let last: MaintenanceReport | undefined;
  let stopTicker: (() => void) | undefined;
  let stopped = false;

  async function runOnce(): Promise<MaintenanceReport> {
    const startedAtMs = world.clock.nowMs();
    const inTime = () => !stopped && world.clock.nowMs() - startedAtMs < settings.runMsMax;
    const sums = {
      partitions: 0,
      segments: 0,
      bytesCompacted: 0,
      recordsExpired: 0,
      pagesDeleted: 0,
    };
    const failures: string[] = [];
    let ledByOthers = 0;
    let complete = true;
    for await (const { topic, ref } of partitionsOfTopics(stores.topics)) {
      const goesOn = (bytes: number) =>
        inTime() && sums.bytesCompacted + bytes < settings.runBytesMax;
      if (!goesOn(0)) {
        complete = false;
        break;
      }
      sums.partitions++;
      try {
        const configs = topicConfigsOf(topic.configs);
        const report = await maintainPartition(
          { stores, codecs, world, settings },
          ref,
          configs,
          goesOn,
        );
        if (report.kind === 'ledByAnother') ledByOthers++;
        sums.segments += report.segments;
        sums.bytesCompacted += report.bytesCompacted;
        sums.recordsExpired += report.recordsExpired;
        sums.pagesDeleted += report.pagesDeleted;
      } catch (error) {
        failures.push(`${topic.name}/${ref.partition}: ${String(error)}`);
        world.log.warn('maintenance of a partition failed', {
          topic: topic.name,
          partition: ref.partition,
          error: String(error),
        });
      }
    }
    const cleaned = await cleanUp(stores, world.clock.nowMs(), settings.graceMs, inTime);
    const tookMs = world.clock.nowMs() - startedAtMs;
    return { startedAtMs, tookMs, ...sums, ledByOthers, failures, complete, ...cleaned };
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
    status: () => ({ running: running !== undefined, last }),
    start() {
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
