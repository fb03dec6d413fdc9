/**
 * `logbrook topics add-partitions NAME`
 */

import type { Command } from 'commander';
import { wholeNumber } from '../arguments.js';
import type { CliContext } from '../cli-io.js';
import { print, printJson } from '../output-stream.js';
import { counted } from '../table.js';

type AddOptions = { partitions: number; json?: boolean };

export function addTopicsAddPartitions(topics: Command, context: CliContext): void {
  topics
    .command('add-partitions <name>')
    .description('give a topic more partitions; it can never have fewer again')
    .requiredOption('-p, --partitions <count>', 'how many it has afterwards', wholeNumber(1))
    .option('--json', 'print JSON')
    .action(async (name: string, { partitions, json }: AddOptions) => {
      const { stdout, stderr } = context.io;
      const topic = await context.client().addPartitions(name, partitions);
      stderr.write(
        'From now on a key may go to another partition than before: order per key holds within each.\n',
      );
      if (json) return printJson(stdout, topic);
      return print(stdout, `Topic ${name} has ${counted(topic.partitions, 'partition')} now.`);
    });
}
