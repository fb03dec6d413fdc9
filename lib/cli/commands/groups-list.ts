/**
 * `logbrook groups list`
 */

import type { Command } from 'commander';
import type { HttpClient } from '../../client/http-client.js';
import type { GroupListAnswer } from '../../contract/groups.js';
import type { CliContext } from '../cli-io.js';
import { print, printJson } from '../output-stream.js';
import { type FormOptions, jsonOption, noJsonOption, wantsJson } from '../result-form.js';
import { renderTable } from '../table.js';

export function addGroupsList(groups: Command, context: CliContext): void {
  groups
    .command('list')
    .alias('ls')
    .description('list the consumer groups')
    .addOption(jsonOption)
    .addOption(noJsonOption)
    .action(async (options: FormOptions) => {
      const { stdout, stderr } = context.io;
      const found = await all(context.client());
      if (wantsJson(options, stdout)) return printJson(stdout, { groups: found });
      if (found.length === 0) {
        stderr.write('There are no groups. Join one with: logbrook consume TOPIC -g GROUP\n');
        return;
      }
      const rows = found.map((one) => [
        one.groupId,
        one.state,
        one.members,
        one.epoch,
        one.assignor,
      ]);
      const columns = ['GROUP', 'STATE', 'MEMBERS', 'EPOCH', 'ASSIGNOR'];
      return print(stdout, await renderTable(columns, rows));
    });
}

async function all(client: HttpClient): Promise<GroupListAnswer['groups']> {
  const groups: GroupListAnswer['groups'] = [];
  for (let after: string | undefined; ; ) {
    const page = await client.groups.list(after);
    groups.push(...page.groups);
    after = page.after;
    if (after === undefined) return groups;
  }
}
