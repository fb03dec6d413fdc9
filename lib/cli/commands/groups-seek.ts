/**
 * `logbrook groups seek GROUP`: moves what is committed, forth or back. Shows what it would do, and does
 * it with --execute; only a group without members, unless --force sends them away.
 */

import type { Command } from 'commander';
import type { CliContext } from '../cli-io.js';
import { CommandError } from '../failure.js';
import { print, printJson } from '../output-stream.js';
import {
  addTopicChoice,
  resetTarget,
  type TargetOptions,
  type TopicChoice,
  targetOptions,
} from '../reset-target.js';
import { type FormOptions, jsonOption, noJsonOption, wantsJson } from '../result-form.js';
import { renderTable } from '../table.js';

type SeekOptions = (FormOptions & TargetOptions) & {
  readonly topic?: TopicChoice[];
  readonly execute?: boolean;
  readonly force?: boolean;
};

export function addGroupsSeek(groups: Command, context: CliContext): void {
  const seek = groups
    .command('seek <group>')
    .alias('reset')
    .description('move what a group has committed; shows what it would do, unless --execute')
    .option(
      '-t, --topic <topic[:0,1]>',
      'of this topic, or some partitions of it (repeatable); else of all that is committed',
      addTopicChoice,
    );
  for (const option of targetOptions) seek.addOption(option);
  seek
    .option('--execute', 'do it')
    .option('--force', 'send members away first; they come back and go on from there')
    .addOption(jsonOption)
    .addOption(noJsonOption)
    .action(async (groupId: string, options: SeekOptions) => {
      const { io } = context;
      const { topic: topics, execute = false, force = false } = options;
      const to = resetTarget(options);
      const body = { to, execute, force, ...(topics && { topics }) };
      const answer = await context.client().groups.reset(groupId, body);
      const { partitions } = answer;
      if (wantsJson(options, io.stdout)) await printJson(io.stdout, answer);
      else if (partitions.length > 0) await print(io.stdout, await planTable(partitions));
      if (partitions.length === 0) {
        io.stderr.write('Nothing is committed yet: name topics with --topic.\n');
      } else if (!execute) {
        io.stderr.write('Nothing was changed. To do it, add --execute.\n');
      }
      const failed = partitions.filter(({ error }) => error !== undefined);
      if (failed.length > 0) {
        throw new CommandError(`${failed.length} of ${partitions.length} partitions did not move.`);
      }
    });
}

type Moves = readonly {
  readonly topic: string;
  readonly partition: number;
  readonly from: number | null;
  readonly to: number;
  readonly error?: { readonly code: string } | undefined;
}[];

function planTable(partitions: Moves): Promise<string> {
  const anyFailed = partitions.some(({ error }) => error !== undefined);
  const rows = partitions.map(({ topic, partition, from, to, error }) => {
    const cells = [topic, partition, from ?? '-', to];
    return anyFailed ? [...cells, error?.code ?? 'moved'] : cells;
  });
  const columns = ['TOPIC', 'PARTITION', 'FROM', 'TO'];
  return renderTable(anyFailed ? [...columns, 'RESULT'] : columns, rows);
}
