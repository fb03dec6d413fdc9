/**
 * `logbrook configs list` and `logbrook configs describe TOPIC`
 */

import type { Command } from 'commander';
import { allowedValues, topicSettings } from '../../log/topic-settings.js';
import type { CliContext } from '../cli-io.js';
import { configsTable } from '../config-tables.js';
import { print, printJson } from '../output-stream.js';
import { type FormOptions, jsonOption, noJsonOption, wantsJson } from '../result-form.js';
import { renderTable } from '../table.js';

export function addConfigs(program: Command, context: CliContext): void {
  const configs = program
    .command('configs')
    .alias('config')
    .description('settings of topics; change them with: logbrook topics alter');
  const { stdout } = context.io;
  configs
    .command('list')
    .alias('ls')
    .description('list all settings that a topic can have')
    .addOption(jsonOption)
    .addOption(noJsonOption)
    .action(async (options: FormOptions) => {
      const settings = Object.values(topicSettings).map((setting) => ({
        name: setting.name,
        default: setting.default,
        allowed: allowedValues(setting),
        documentation: setting.documentation,
      }));
      if (wantsJson(options, stdout)) return printJson(stdout, { configs: settings });
      const rows = settings.map((one) => [one.name, one.default, one.allowed, one.documentation]);
      const columns = ['SETTING', 'DEFAULT', 'VALUES', 'WHAT IT DOES'];
      return print(stdout, await renderTable(columns, rows));
    });
  configs
    .command('describe <topic>')
    .description('show every setting of a topic, and who set it')
    .addOption(jsonOption)
    .addOption(noJsonOption)
    .action(async (name: string, options: FormOptions) => {
      const { configs } = await context.client().describeTopic(name);
      if (wantsJson(options, stdout)) return printJson(stdout, { topic: name, configs });
      return print(stdout, await configsTable(configs));
    });
}
