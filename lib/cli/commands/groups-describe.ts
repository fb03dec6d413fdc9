/**
 * `logbrook groups describe GROUP`: how far it is with each partition, and who its members are.
 */

import type { Command } from 'commander';
import type { GroupDescription } from '../../contract/groups.js';
import type { CliContext } from '../cli-io.js';
import { print, printJson } from '../output-stream.js';
import { type FormOptions, jsonOption, noJsonOption, wantsJson } from '../result-form.js';
import { count, counted, renderTable } from '../table.js';

const partitionColumns = ['TOPIC', 'PARTITION', 'OFFSET', 'END', 'LAG', 'BEHIND', 'MEMBER'];
const memberColumns = ['MEMBER', 'CLIENT', 'INSTANCE', 'STATE', 'EPOCH', 'PARTITIONS'];

export function addGroupsDescribe(groups: Command, context: CliContext): void {
  groups
    .command('describe <group>')
    .description('show the members of a group, what is committed, and how far it is behind')
    .addOption(jsonOption)
    .addOption(noJsonOption)
    .action(async (groupId: string, options: FormOptions) => {
      const { stdout } = context.io;
      const group = await context.client().groups.describe(groupId);
      if (wantsJson(options, stdout)) return printJson(stdout, group);
      const size = counted(group.members.length, 'member');
      const head = `Group ${groupId}, ${group.state}, ${size}, lag ${count(group.lag)}`;
      const tables = [await partitionTable(group), await memberTable(group)];
      return print(stdout, [head, ...tables.filter((table) => table !== '')].join('\n\n'));
    });
}

async function partitionTable({ partitions }: GroupDescription): Promise<string> {
  if (partitions.length === 0) return '';
  const rows = partitions.map((one) => [
    one.topic,
    one.partition,
    one.offset ?? '-',
    one.highWatermark,
    one.lag ?? '-',
    one.lagMs === null ? '-' : behind(one.lagMs),
    one.memberId ?? '-',
  ]);
  return renderTable(partitionColumns, rows);
}

async function memberTable({ members }: GroupDescription): Promise<string> {
  if (members.length === 0) return '';
  const rows = members.map((one) => [
    one.memberId,
    one.clientId || '-',
    one.instanceId ?? '-',
    one.state,
    one.memberEpoch,
    one.assignment.map(({ topic, partitions }) => `${topic}:${partitions.join(',')}`).join(' ') ||
      '-',
  ]);
  return renderTable(memberColumns, rows);
}

/** The age of the next record to read. */
function behind(lagMs: number): string {
  const seconds = Math.round(lagMs / 1_000);
  if (seconds < 120) return `${seconds} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min` : `${count(Math.round(minutes / 60))} h`;
}
