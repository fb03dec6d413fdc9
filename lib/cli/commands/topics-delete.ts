/**
 * `logbrook topics delete NAME`
 */

import type { Command } from 'commander';
import { LogbrookError } from '../../client/logbrook-error.js';
import type { CliContext } from '../cli-io.js';
import { print, printJson } from '../output-stream.js';
import { type FormOptions, jsonOption, noJsonOption, wantsJson } from '../result-form.js';

type DeleteOptions = FormOptions & { ifExists?: boolean };

export function addTopicsDelete(topics: Command, context: CliContext): void {
  topics
    .command('delete <name>')
    .description('delete a topic with all its records')
    .option('--if-exists', 'accept that there is none')
    .addOption(jsonOption)
    .addOption(noJsonOption)
    .action(async (name: string, options: DeleteOptions) => {
      const { stdout } = context.io;
      const deleted = await context
        .client()
        .deleteTopic(name)
        .then(() => true)
        .catch((error: unknown) => {
          const missing =
            error instanceof LogbrookError && error.code === 'UNKNOWN_TOPIC_OR_PARTITION';
          if (missing && options.ifExists) return false;
          throw error;
        });
      if (wantsJson(options, stdout)) return printJson(stdout, { topic: name, deleted });
      return print(stdout, deleted ? `Deleted topic ${name}.` : `There is no topic ${name}.`);
    });
}
