/**
 * `logbrook groups delete GROUP`: the group, or what it has committed for a topic.
 */

import type { Command } from 'commander';
import { LogbrookError } from '../../client/logbrook-error.js';
import { addName } from '../arguments.js';
import type { CliContext } from '../cli-io.js';
import { print, printJson } from '../output-stream.js';
import { type FormOptions, jsonOption, noJsonOption, wantsJson } from '../result-form.js';

type DeleteOptions = FormOptions & {
  readonly topic?: readonly string[];
  readonly ifExists?: boolean;
};

export function addGroupsDelete(groups: Command, context: CliContext): void {
  groups
    .command('delete <group>')
    .description('delete a group without members, with all it has committed')
    .option('-t, --topic <topic>', 'only what is committed for this topic (repeatable)', addName)
    .option('--if-exists', 'accept that there is none')
    .addOption(jsonOption)
    .addOption(noJsonOption)
    .action(async (group: string, options: DeleteOptions) => {
      const { stdout } = context.io;
      const { topic: topics, ifExists } = options;
      const deleted = await remove(context, group, topics ?? []).catch((error: unknown) => {
        const missing = error instanceof LogbrookError && error.code === 'GROUP_ID_NOT_FOUND';
        if (missing && ifExists) return false;
        throw error;
      });
      const result = { group, ...(topics && { topics }), deleted };
      if (wantsJson(options, stdout)) return printJson(stdout, result);
      const what = topics
        ? `what group ${group} had committed for ${topics.join(', ')}`
        : `group ${group}`;
      return print(stdout, deleted ? `Deleted ${what}.` : `There is no group ${group}.`);
    });
}

async function remove(
  context: CliContext,
  group: string,
  topics: readonly string[],
): Promise<boolean> {
  const { groups } = context.client();
  if (topics.length === 0) await groups.delete(group);
  for (const topic of topics) await groups.deleteOffsets(group, { topic });
  return true;
}
