/**
 * `logbrook topics alter NAME`
 */

import type { Command } from 'commander';
import { addConfig, addName } from '../arguments.js';
import type { CliContext } from '../cli-io.js';
import { ownConfigsTable } from '../config-tables.js';
import { UsageError } from '../failure.js';
import { print, printJson } from '../output-stream.js';
import { type FormOptions, jsonOption, noJsonOption, wantsJson } from '../result-form.js';

type AlterOptions = FormOptions & {
  config?: ReadonlyMap<string, string>;
  deleteConfig?: readonly string[];
};

export function addTopicsAlter(topics: Command, context: CliContext): void {
  topics
    .command('alter <name>')
    .description('change settings of a topic; see them with: logbrook configs list')
    .option('-c, --config <setting=value>', 'set it (repeatable)', addConfig)
    .option('-d, --delete-config <setting>', 'back to the default (repeatable)', addName)
    .addOption(jsonOption)
    .addOption(noJsonOption)
    .action(async (name: string, options: AlterOptions) => {
      const { config = new Map<string, string>(), deleteConfig = [] } = options;
      const both = deleteConfig.find((setting) => config.has(setting));
      if (both !== undefined) throw new UsageError(`${both} is both set and deleted.`);
      if (config.size + deleteConfig.length === 0) {
        throw new UsageError('Say what to change, with --config or --delete-config.');
      }
      const removals = deleteConfig.map((setting) => [setting, null] as const);
      const changes = Object.fromEntries([...config, ...removals]);
      const { stdout, stderr } = context.io;
      const altered = await context.client().alterTopic(name, changes);
      if (config.get('cleanup.policy')?.includes('compact')) {
        stderr.write(
          'From now on every record needs a key. Compaction removes those without one.\n',
        );
      }
      if (wantsJson(options, stdout)) return printJson(stdout, altered);
      return print(stdout, `Altered topic ${name}.\n\n${await ownConfigsTable(altered.configs)}`);
    });
}
