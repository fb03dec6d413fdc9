/**
 * `logbrook topics trim NAME`
 */

import type { Command } from 'commander';
import type { HttpClient } from '../../client/http-client.js';
import type { Trimmed } from '../../contract/topics.js';
import { addPartition } from '../arguments.js';
import type { CliContext } from '../cli-io.js';
import { CommandError } from '../failure.js';
import { type OffsetSpec, offsetSpecHelp, parseOffsetSpec, startOffset } from '../offset-spec.js';
import { print, printJson } from '../output-stream.js';
import { type FormOptions, jsonOption, noJsonOption, wantsJson } from '../result-form.js';
import { renderTable } from '../table.js';

type TrimOptions = FormOptions & { partition: readonly number[]; offset: OffsetSpec };

export function addTopicsTrim(topics: Command, context: CliContext): void {
  topics
    .command('trim <name>')
    .description('delete the records of a partition below an offset')
    .requiredOption('-p, --partition <number>', 'of this partition (repeatable)', addPartition)
    .requiredOption('-o, --offset <offset>', `${offsetSpecHelp}; end: all records`, parseOffsetSpec)
    .addOption(jsonOption)
    .addOption(noJsonOption)
    .action(async (name: string, options: TrimOptions) => {
      const { stdout } = context.io;
      const partitions = [...new Set(options.partition)];
      const trimmed = await trim(context.client(), name, partitions, options.offset);
      const result = { topic: name, partitions: trimmed };
      if (wantsJson(options, stdout)) return printJson(stdout, result);
      const rows = trimmed.map((one) => [one.partition, one.logStartOffset, one.highWatermark]);
      return print(stdout, await renderTable(['PARTITION', 'LOG START', 'HIGH WATERMARK'], rows));
    });
}

/** All of them exist, or none is trimmed. */
async function trim(
  client: HttpClient,
  name: string,
  partitions: readonly number[],
  spec: OffsetSpec,
): Promise<readonly Omit<Trimmed, 'topic'>[]> {
  const timestampMs = spec.kind === 'time' ? spec.timestampMs : undefined;
  const { partitions: known } = await client.listOffsets(name, timestampMs);
  const ends = partitions.map((partition) => {
    const found = known[partition];
    if (found) return found;
    throw new CommandError(`Topic ${name} has partitions 0 to ${known.length - 1}.`);
  });
  const trimmed: Omit<Trimmed, 'topic'>[] = [];
  for (const end of ends) {
    const offset = spec.kind === 'end' ? 'latest' : startOffset(spec, end);
    const { topic: _, ...state } = await client.trim(name, end.partition, offset);
    trimmed.push(state);
  }
  return trimmed;
}
