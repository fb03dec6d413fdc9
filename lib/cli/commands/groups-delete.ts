/**
 * `logbrook groups delete GROUP`: the group, or what it has committed for a topic.
 */

import type { Command } from 'commander';
import { LogbrookError } from '../../client/logbrook-error.js';
import { addName } from '../arguments.js';
import type { CliContext } from '../cli-io.js';
import { print, printJson } from '../output-stream.js';

type DeleteOptions = {
  readonly topic?: readonly string[];
  readonly ifExists?: boolean;
  readonly json?: boolean;
};

export function addGroupsDelete(groups: Command, context: CliContext): void {
  groups
    .command('delete <group>')
    .description('delete a group without members, with all it has committed')
    .option('-t, --topic <topic>', 'only what is committed for this topic (repeatable)', addName)
    .option('--if-exists', 'accept that there is none')
    .option('--json', 'print JSON')
    .action(async (group: string, { topic: topics, ifExists, json }: DeleteOptions) => {
      const { stdout } = context.io;
      const deleted = await remove(context, group, topics ?? []).catch((error: unknown) => {
        const missing = error instanceof LogbrookError && error.code === 'GROUP_ID_NOT_FOUND';
        if (missing && ifExists) return false;
        throw error;
      });
      if (json) return printJson(stdout, { group, ...(topics && { topics }), deleted });
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
