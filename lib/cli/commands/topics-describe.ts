/**
 * `logbrook topics describe NAME`
 */

import type { Command } from 'commander';
import type { CliContext } from '../cli-io.js';
import { ownConfigsTable } from '../config-tables.js';
import { print, printJson } from '../output-stream.js';
import { type FormOptions, jsonOption, noJsonOption, wantsJson } from '../result-form.js';
import { renderTable, timeOf } from '../table.js';

const columns = ['PARTITION', 'LOG START', 'HIGH WATERMARK', 'LEADER EPOCH', 'LEADER', 'FENCE'];

export function addTopicsDescribe(topics: Command, context: CliContext): void {
  topics
    .command('describe <name>')
    .description('show a topic, the state of its partitions and the settings it has of its own')
    .addOption(jsonOption)
    .addOption(noJsonOption)
    .action(async (name: string, options: FormOptions) => {
      const { stdout } = context.io;
      const topic = await context.client().describeTopic(name);
      if (wantsJson(options, stdout)) return printJson(stdout, topic);
      const rows = topic.partitions.map((one) => [
        one.partition,
        one.logStartOffset,
        one.highWatermark,
        one.leaderEpoch,
        one.leader ?? '-',
        one.fencingToken ?? '-',
      ]);
      const head = `Topic ${topic.name}, id ${topic.topicId}, made ${timeOf(topic.createdAt)}`;
      const settings = await ownConfigsTable(topic.configs);
      return print(stdout, `${head}\n\n${await renderTable(columns, rows)}\n\n${settings}`);
    });
}
