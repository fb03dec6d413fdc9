/**
 * `logbrook offsets TOPIC`
 */

import type { Command } from 'commander';
import type { TopicOffsets } from '../../contract/topics.js';
import { timeMs } from '../arguments.js';
import type { CliContext } from '../cli-io.js';
import { print, printJson } from '../output-stream.js';
import { type FormOptions, jsonOption, noJsonOption, wantsJson } from '../result-form.js';
import { renderTable, timeOf } from '../table.js';

type OffsetsOptions = FormOptions & { timestamp?: number };

export function addOffsets(program: Command, context: CliContext): void {
  program
    .command('offsets <topic>')
    .description('show the offsets of each partition, also by time')
    .option(
      '-t, --timestamp <time>',
      'first offset of that time: ms, ISO 8601, or -1h (so long ago)',
      timeMs,
    )
    .addOption(jsonOption)
    .addOption(noJsonOption)
    .action(async (topic: string, options: OffsetsOptions) => {
      const { timestamp } = options;
      const { stdout } = context.io;
      const offsets = await context.client().listOffsets(topic, timestamp);
      if (wantsJson(options, stdout)) return printJson(stdout, offsets);
      return print(stdout, await offsetsTable(offsets, timestamp !== undefined));
    });
}

function offsetsTable({ partitions }: TopicOffsets, byTime: boolean): Promise<string> {
  const rows = partitions.map(({ partition, earliest, latest, offset, timestamp }) => {
    const ends = [partition, earliest, latest];
    if (!byTime) return ends;
    return [...ends, offset ?? latest, timestamp == null ? '-' : timeOf(timestamp)];
  });
  const columns = ['PARTITION', 'EARLIEST', 'LATEST'];
  return renderTable(byTime ? [...columns, 'OFFSET', 'TIMESTAMP'] : columns, rows);
}
