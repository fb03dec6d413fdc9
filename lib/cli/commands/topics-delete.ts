/**
 * `logbrook topics delete NAME`
 */

import type { Command } from 'commander';
import { LogbrookError } from '../../client/logbrook-error.js';
import type { CliContext } from '../cli-io.js';
import { print, printJson } from '../output-stream.js';

type DeleteOptions = { ifExists?: boolean; json?: boolean };

export function addTopicsDelete(topics: Command, context: CliContext): void {
  topics
    .command('delete <name>')
    .description('delete a topic with all its records')
    .option('--if-exists', 'accept that there is none')
    .option('--json', 'print JSON')
    .action(async (name: string, { ifExists, json }: DeleteOptions) => {
      const { stdout } = context.io;
      const deleted = await context
        .client()
        .deleteTopic(name)
        .then(() => true)
        .catch((error: unknown) => {
          const missing =
            error instanceof LogbrookError && error.code === 'UNKNOWN_TOPIC_OR_PARTITION';
          if (missing && ifExists) return false;
          throw error;
        });
      if (json) return printJson(stdout, { topic: name, deleted });
      return print(stdout, deleted ? `Deleted topic ${name}.` : `There is no topic ${name}.`);
    });
}
