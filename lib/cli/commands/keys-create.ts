/**
 * `logbrook keys create NAME`
 */

import { type Command, Option } from 'commander';
import { type ScopeOperation, scopeOperations } from '../../access/scopes.js';
import { addPrefix, addScopeOperations, durationMs, wholeNumber } from '../arguments.js';
import type { CliContext } from '../cli-io.js';
import { print, printJson } from '../output-stream.js';
import { type FormOptions, jsonOption, noJsonOption, wantsJson } from '../result-form.js';

type CreateOptions = FormOptions & {
  operations: ScopeOperation[];
  topics?: string[];
  groups?: string[];
  expiresIn?: number;
  requestsPerSecond?: number;
  bytesPerSecond?: number;
};

export function addKeysCreate(keys: Command, context: CliContext): void {
  const operations = new Option(
    '-o, --operations <list>',
    `what it may do: ${scopeOperations.join(', ')} (repeatable, or with commas)`,
  );
  keys
    .command('create <name>')
    .description('make an access key; its secret is shown this once')
    .addOption(operations.argParser(addScopeOperations).makeOptionMandatory())
    .option('-t, --topics <prefix>', 'only topics whose names begin so (repeatable)', addPrefix)
    .option('-g, --groups <prefix>', 'only groups whose ids begin so (repeatable)', addPrefix)
    .option('--expires-in <time>', 'opens nothing after this time, as 12h', durationMs)
    .option('--requests-per-second <count>', 'a limit, for each instance', wholeNumber(1))
    .option('--bytes-per-second <count>', 'a limit, for each instance', wholeNumber(1))
    .addOption(jsonOption)
    .addOption(noJsonOption)
    .action(async (name: string, options: CreateOptions) => {
      const { stdout, stderr } = context.io;
      const { topics = [''], groups = [''], expiresIn } = options;
      const { requestsPerSecond, bytesPerSecond } = options;
      const made = await context.client().keys.create({
        name,
        scopes: [{ operations: options.operations, topics, groups }],
        limits: {
          ...(requestsPerSecond !== undefined && { requestsPerSecond }),
          ...(bytesPerSecond !== undefined && { bytesPerSecond }),
        },
        ...(expiresIn !== undefined && { expiresAt: Date.now() + expiresIn }),
      });
      if (wantsJson(options, stdout)) return printJson(stdout, made);
      stderr.write(`Made key ${made.keyId}. This is shown only once:\n`);
      return print(stdout, made.bearer);
    });
}
