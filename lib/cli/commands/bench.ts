/**
 * `logbrook bench produce|consume TOPIC`: how fast a server takes and gives records, as a program with the
 * SDK sees it: rate, and how long batches take.
 */

import { type Command, Option } from 'commander';
import { createConsumer } from '../../client/consumer/consumer.js';
import { fixedMembership } from '../../client/consumer/membership.js';
import { startOffsets } from '../../client/consumer/start-position.js';
import { createProducer } from '../../client/producer/producer.js';
import { bytesSerde } from '../../client/serializers.js';
import type { Compression } from '../../log/codecs.js';
import { wholeNumber } from '../arguments.js';
import { type BenchReport, benchReport, renderBenchReport } from '../bench-report.js';
import { type CliContext, stoppable } from '../cli-io.js';
import { print, printJson } from '../output-stream.js';
import { startProgress } from '../progress.js';
import { type FormOptions, jsonOption, noJsonOption, wantsJson } from '../result-form.js';

type ProduceOptions = FormOptions & {
  readonly records: number;
  readonly recordBytes: number;
  readonly compression: Compression;
  readonly acks: 'all' | '0';
};
type ConsumeOptions = FormOptions & { readonly records?: number };

const recordsMax = 1_000_000_000;

export function addBench(program: Command, context: CliContext): void {
  const bench = program.command('bench').description('measure how fast a server is');
  bench
    .command('produce <topic>')
    .description('append records to a topic as fast as it goes')
    .option('--records <n>', 'how many', wholeNumber(1, recordsMax), 100_000)
    .option('--record-bytes <n>', 'size of each value', wholeNumber(1, 1_000_000), 1_024)
    .addOption(
      new Option('-z, --compression <codec>', 'how batches are compressed')
        .choices(['none', 'gzip', 'zstd'])
        .default('none'),
    )
    .addOption(new Option('--acks <acks>', 'as of produce').choices(['all', '0']).default('all'))
    .addOption(jsonOption)
    .addOption(noJsonOption)
    .action((topic: string, options: ProduceOptions) => produce(context, topic, options));
  bench
    .command('consume <topic>')
    .description('read a topic from its start as fast as it goes, up to its present end')
    .option(
      '--records <n>',
      'stop with the batch that brings so many; else at the end',
      wholeNumber(1, recordsMax),
    )
    .addOption(jsonOption)
    .addOption(noJsonOption)
    .action((topic: string, options: ConsumeOptions) => consume(context, topic, options));
}

async function produce(context: CliContext, topic: string, options: ProduceOptions): Promise<void> {
  const { io } = context;
  const client = context.client();
  const { records: value, recordBytes, compression, acks } = options;
  const sentMs: number[] = [];
  let sinceMs = performance.now();
  const report = await measured(context, value, async (count, signal) => {
    const producer = createProducer(client, await io.loadCodecs(), {
      acks,
      compression,
      stopOnFailure: true,
      onSent({ recordCount }) {
        const nowMs = performance.now();
        sentMs.push(nowMs - sinceMs);
        sinceMs = nowMs;
        count(recordCount, recordCount * recordBytes);
      },
    });
    await producer.prepare(topic);
    sinceMs = performance.now();
    // Letters that do not repeat much, so that compression has something to do and does not do wonders.
    const letters = Buffer.alloc(
      recordBytes + 1_000,
      'the quick brown fox jumps over the lazy dog ',
    );
    for (let i = 0; i < value && !signal.aborted; i++) {
      const at = i % 1_000;
      const content = letters.subarray(at, at + recordBytes);
      const record = { key: null, value: content, headers: [], timestampMs: Date.now() };
      const room = producer.add(topic, record);
      if (room !== undefined) await room;
    }
    await producer.close();
  });
  await tell(context, { ...report, gapsMs: sentMs }, options);
}

async function consume(context: CliContext, topic: string, options: ConsumeOptions): Promise<void> {
  const { io } = context;
  const client = context.client();
  const { partitions } = await client.listOffsets(topic);
  const there = partitions.reduce((sum, { earliest, latest }) => sum + latest - earliest, 0);
  const wanted = Math.min(there, options.records ?? there);
  const gapsMs: number[] = [];
  const report = await measured(context, wanted, async (count, signal) => {
    if (wanted === 0) return;
    const membership = fixedMembership(() => startOffsets(client, topic, undefined, 'earliest'));
    const { deserialize } = bytesSerde;
    const codecs = await io.loadCodecs();
    const consumer = createConsumer(client, codecs, membership, {
      key: deserialize,
      value: deserialize,
      signal,
    });
    let sinceMs = performance.now();
    let seen = 0;
    for await (const batch of consumer.batches()) {
      const nowMs = performance.now();
      gapsMs.push(nowMs - sinceMs);
      sinceMs = nowMs;
      seen += batch.length;
      count(
        batch.length,
        batch.reduce((sum, one) => sum + (one.value?.length ?? 0), 0),
      );
      if (seen >= wanted) break;
    }
    await consumer.close();
  });
  await tell(context, { ...report, gapsMs }, options);
}

type Count = (records: number, bytes: number) => void;

async function measured(
  { io }: CliContext,
  value: number,
  work: (count: Count, signal: AbortSignal) => Promise<void>,
): Promise<{ records: number; bytes: number; seconds: number }> {
  const progress = await startProgress(io, { unit: 'records', value });
  let [records, bytes] = [0, 0];
  const startMs = performance.now();
  const count: Count = (moreRecords, moreBytes) => {
    records += moreRecords;
    bytes += moreBytes;
    progress.update(records, bytes);
  };
  await stoppable(io, (signal) => work(count, signal)).finally(() => progress.stop());
  return { records, bytes, seconds: (performance.now() - startMs) / 1_000 };
}

async function tell(
  { io }: CliContext,
  facts: Parameters<typeof benchReport>[0],
  options: FormOptions,
): Promise<void> {
  const report: BenchReport = benchReport(facts);
  if (wantsJson(options, io.stdout)) await printJson(io.stdout, report);
  else await print(io.stdout, renderBenchReport(report));
}
