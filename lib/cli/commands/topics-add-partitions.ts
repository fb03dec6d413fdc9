/**
 * `logbrook topics add-partitions NAME`
 */

import type { Command } from 'commander';
import { wholeNumber } from '../arguments.js';
import type { CliContext } from '../cli-io.js';
import { print, printJson } from '../output-stream.js';
import { type FormOptions, jsonOption, noJsonOption, wantsJson } from '../result-form.js';
import { counted } from '../table.js';

type AddOptions = FormOptions & { partitions: number };

export function addTopicsAddPartitions(topics: Command, context: CliContext): void {
  topics
    .command('add-partitions <name>')
    .description('give a topic more partitions; it can never have fewer again')
    .requiredOption('-p, --partitions <count>', 'how many it has afterwards', wholeNumber(1))
    .addOption(jsonOption)
    .addOption(noJsonOption)
    .action(async (name: string, options: AddOptions) => {
      const { stdout, stderr } = context.io;
      const topic = await context.client().addPartitions(name, options.partitions);
      stderr.write(
        'From now on a key may go to another partition than before: order per key holds within each.\n',
      );
      if (wantsJson(options, stdout)) return printJson(stdout, topic);
      return print(stdout, `Topic ${name} has ${counted(topic.partitions, 'partition')} now.`);
    });
}
