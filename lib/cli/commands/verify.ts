/**
 * `logbrook verify`: works a running server for a while and says whether it kept its promises. Servers may
 * be killed and networks broken meanwhile; that is what it is for. The exit status tells the verdict.
 */

import { type Command, Option } from 'commander';
import { createChecker } from '../../checker/checker.js';
import { durationMs, wholeNumber } from '../arguments.js';
import { type CliContext, type CliIo, stoppable } from '../cli-io.js';
import { CommandError } from '../failure.js';
import { print, printJson } from '../output-stream.js';
import { startProgress } from '../progress.js';
import { type FormOptions, jsonOption, noJsonOption, wantsJson } from '../result-form.js';
import { createHistoryFile } from '../verify/history-file.js';
import { renderReport, type VerifyReport, verifyReport } from '../verify/report.js';
import { createTally } from '../verify/tally.js';
import { deleteVerifyTopic, openVerifyTopic } from '../verify/verify-topic.js';
import { runWorkload } from '../verify/workload.js';

type VerifyOptions = FormOptions & {
  readonly duration: number;
  readonly rate: number;
  readonly producers: number;
  readonly readers: number;
  readonly partitions: number;
  readonly recordBytes: number;
  readonly keys?: number;
  readonly topic?: string;
  readonly keep?: boolean;
  readonly history?: string;
};

const recordBytesCap = 512 * 1024;

export function addVerify(program: Command, context: CliContext): void {
  program
    .command('verify')
    .description('work a running server and judge whether it lost, repeated or reordered anything')
    .addOption(
      new Option('--duration <time>', 'how long: 500ms, 10s, 5m, 1h')
        .argParser(durationMs)
        .default(10_000, '10s'),
    )
    .option('--rate <n>', 'records per second, of all producers', wholeNumber(1, 1_000_000), 1_000)
    .option(
      '--producers <n>',
      'a third each: plain, idempotent, expecting an offset',
      wholeNumber(1, 1_000),
      6,
    )
    .option(
      '--readers <n>',
      'of each partition; every other one follows, the rest begin again and again',
      wholeNumber(0, 100),
      2,
    )
    .option('-p, --partitions <count>', 'of the topic, if it is made', wholeNumber(1), 3)
    .option(
      '--record-bytes <n>',
      'values have all sizes up to this',
      wholeNumber(1, recordBytesCap),
      1_000,
    )
    .option(
      '--keys <n>',
      'give records so many keys, some of them tombstones, and compact the topic',
      wholeNumber(1, 1_000_000),
    )
    .option('--topic <name>', 'use this topic, from its end on; nobody else may write to it')
    .option('--keep', 'do not delete the topic that was made')
    .option('--history <file>', 'write all that was asked and answered, as lines of JSON')
    .addOption(jsonOption)
    .addOption(noJsonOption)
    .action((options: VerifyOptions) => verify(context, options));
}

async function verify(context: CliContext, options: VerifyOptions): Promise<void> {
  const { io } = context;
  const client = context.client();
  const codecs = await io.loadCodecs();
  const history = options.history ? await createHistoryFile(options.history) : undefined;
  const topic = await openVerifyTopic(
    client,
    options.topic,
    options.partitions,
    options.keys !== undefined,
  );
  const checker = createChecker();
  const tally = createTally();
  const startMs = clockMs();
  const total = (options.rate * options.duration) / 1_000;
  const progress = await startProgress(io, { unit: 'records', value: total });
  const witness = {
    see(event: Parameters<typeof checker.add>[0]) {
      checker.add(event);
      tally.add(event);
      history?.write(event);
      if (event.type === 'ok') progress.update(tally.acknowledged());
    },
    room: () => history?.room(),
  };
  const workload = {
    topic: topic.name,
    starts: topic.starts,
    durationMs: options.duration,
    recordsPerSecond: options.rate,
    producers: options.producers,
    readers: options.readers,
    recordBytesMax: options.recordBytes,
    keys: options.keys,
  };
  let unread: unknown;
  await stoppable(
    io,
    (signal) => runWorkload({ client, codecs, witness, clockMs }, workload, signal),
    () =>
      progress.note('Stopping: what was written is read and judged. Ctrl-C again ends at once.'),
  )
    .catch((error) => {
      unread = error;
    })
    .finally(() => progress.stop());
  await history?.close();
  const seconds = (clockMs() - startMs) / 1_000;
  const report = verifyReport(topic.name, seconds, tally.counts(), checker.finish());
  await tell(io, report, options);
  if (unread !== undefined) throw unread;
  const failure = failureOf(report, topic.own);
  if (failure) throw failure;
  if (topic.own && !options.keep) await deleteVerifyTopic(client, topic.name);
}

/** Latencies need more than milliseconds. */
function clockMs(): number {
  return Math.round((performance.timeOrigin + performance.now()) * 1_000) / 1_000;
}

async function tell({ stdout }: CliIo, report: VerifyReport, options: FormOptions): Promise<void> {
  if (wantsJson(options, stdout)) await printJson(stdout, report);
  else await print(stdout, await renderReport(report));
}

/** What was violated can be looked at: the topic stays. */
function failureOf(report: VerifyReport, own: boolean): CommandError | undefined {
  if (report.violations > 0) {
    const kept = own ? ` Topic ${report.topic} is kept, so that it can be looked at.` : '';
    return new CommandError(`The server broke its promises.${kept}`);
  }
  if (report.acknowledged > 0) return undefined;
  return new CommandError('Nothing was acknowledged, so nothing is verified.');
}
