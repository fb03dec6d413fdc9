/**
 * `logbrook consume TOPIC`: prints records, and goes on with those that come, unless told where to stop.
 */

import { type Command, Option } from 'commander';
import type { RecordFormat } from '../../contract/fields.js';
import type { RecordOutput } from '../../contract/records.js';
import { addPartition, wholeNumber } from '../arguments.js';
import { type CliContext, stoppable } from '../cli-io.js';
import { planConsume } from '../consume-plan.js';
import { consume, type Positions } from '../consumer.js';
import { Stopped } from '../failure.js';
import { consumeAsMember } from '../group-consumer.js';
import { type OffsetSpec, offsetSpecHelp, parseOffsetSpec } from '../offset-spec.js';
import { createOutputStream } from '../output-stream.js';
import { notesOnly, startProgress } from '../progress.js';
import { recordFormats, recordLines } from '../record-lines.js';
import { parseRecordTemplate, type RecordTemplate, renderTemplate } from '../record-template.js';
import { createRetryNotice } from '../retry-notice.js';

type ConsumeOptions = {
  readonly fromBeginning?: boolean;
  readonly offset?: OffsetSpec;
  readonly partition?: readonly number[];
  readonly maxRecords?: number;
  readonly exit?: boolean;
  readonly group?: string;
  readonly template?: RecordTemplate;
  readonly json?: boolean;
  readonly format: RecordFormat;
};

export function addConsume(program: Command, context: CliContext): void {
  program
    .command('consume <topic>')
    .description('print the records of a topic, from the end on; it goes on until it is stopped')
    .addOption(
      new Option('--from-beginning', 'begin at the first record there is').conflicts('offset'),
    )
    .option(
      '-o, --offset <where>',
      `begin at ${offsetSpecHelp}; a partition that has no N, at the nearest it has`,
      parseOffsetSpec,
    )
    .option('-p, --partition <n>', 'only this partition; repeatable', addPartition)
    .addOption(
      new Option(
        '-g, --group <id>',
        'as a member of this group: begin where it stands, and commit what was printed',
      ).conflicts('partition'),
    )
    .option('-n, --max-records <n>', 'stop after this many records', wholeNumber(1))
    .option('-e, --exit', 'stop at the end that the log has now')
    .addOption(
      new Option('--json', 'print each record as a line of JSON, not only its value').conflicts(
        'template',
      ),
    )
    .option(
      '-f, --template <template>',
      "print each record so, as kcat does: '%t %p %o %T %k %s %h %K %S\\n'",
      parseRecordTemplate,
    )
    .addOption(
      new Option('--format <format>', 'how keys and values are printed')
        .choices(recordFormats)
        .default('text'),
    )
    .action((topic: string, options: ConsumeOptions) => print(context, topic, options));
}

async function print(context: CliContext, topic: string, options: ConsumeOptions): Promise<void> {
  const { io } = context;
  const { exit = false, format, maxRecords = Number.POSITIVE_INFINITY } = options;
  const client = context.client();
  const spec: OffsetSpec = options.fromBeginning
    ? { kind: 'start' }
    : (options.offset ?? { kind: 'end' });
  const { group, template } = options;
  const say = (text: string) => io.stderr.write(`${text}\n`);
  const plans = group ? [] : await planConsume(client, topic, spec, options.partition, exit, say);
  const toCome = plans.reduce((sum, { from, end }) => sum + (end ?? Number.NaN) - from, 0);
  const value = Math.min(group ? Number.NaN : toCome, maxRecords);
  const total = Number.isFinite(value) ? ({ unit: 'records', value } as const) : undefined;
  const progress = io.stdoutIsFile ? await startProgress(io, total) : notesOnly(io);
  const notice = createRetryNotice(progress.note);
  const output = createOutputStream(io.stdout);
  const lines = template
    ? (page: readonly RecordOutput[]) => renderTemplate(template, page, format)
    : recordLines(options.json ?? false, format);
  const positions: Positions = new Map();
  let records = 0;
  let bytes = 0;
  const take = async (page: readonly RecordOutput[]) => {
    const text = lines(page);
    const taken = await output.write(text);
    records += page.length;
    bytes += text.length;
    progress.update(records, bytes);
    return taken;
  };
  const onCaughtUp = () => {
    if (io.stderr.isTTY) progress.note(`Reached the end of ${topic}; waiting for more.`);
  };
  if (group !== undefined) {
    const codecs = await io.loadCodecs();
    const { onRetry, recovered: onAnswer } = notice;
    const { note } = progress;
    const recordsMax = maxRecords;
    const fixed = { topic, group, spec, format, recordsMax, exit, take, note, onRetry, onAnswer };
    const stopped = await stoppable(io, async (signal) => {
      await consumeAsMember(client, codecs, { ...fixed, signal });
    }).finally(() => progress.stop());
    if (!stopped) return;
    io.stderr.write(`Stopped. What was printed is committed for group ${group}.\n`);
    throw new Stopped(stopped);
  }
  const stoppedBy = await stoppable(io, (signal) =>
    consume(client, plans, positions, {
      topic,
      format,
      recordsMax: maxRecords,
      signal,
      take,
      onCaughtUp,
      onRetry: notice.onRetry,
      onAnswer: notice.recovered,
    }),
  ).finally(() => progress.stop());
  const atEndAnyway = options.exit && options.offset === undefined && !options.fromBeginning;
  if (!stoppedBy && atEndAnyway && io.stderr.isTTY) {
    io.stderr.write(`Nothing to read: it began at the end. For what is there: --from-beginning\n`);
  }
  if (!stoppedBy) return;
  io.stderr.write(`${whereItStood(topic, positions)}\n`);
  throw new Stopped(stoppedBy);
}

function whereItStood(topic: string, positions: Positions): string {
  const places = [...positions].sort(([a], [b]) => a - b);
  const stood = places.map(([partition, offset]) => `${partition}: ${offset}`).join(', ');
  const [partition, offset] = places.length === 1 ? (places[0] ?? []) : ['PARTITION', 'OFFSET'];
  const next = `logbrook consume ${topic} -p ${partition} -o ${offset}`;
  return `Stopped. The next offsets by partition: ${stood}. To go on: ${next}`;
}
