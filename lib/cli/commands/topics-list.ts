/**
 * `logbrook topics list`
 */

import type { Command } from 'commander';
import type { HttpClient } from '../../client/http-client.js';
import type { TopicResponse } from '../../contract/topics.js';
import type { CliContext } from '../cli-io.js';
import { print, printJson } from '../output-stream.js';
import { type FormOptions, jsonOption, noJsonOption, wantsJson } from '../result-form.js';
import { renderTable, timeOf } from '../table.js';

export function addTopicsList(topics: Command, context: CliContext): void {
  topics
    .command('list')
    .alias('ls')
    .description('list the topics')
    .addOption(jsonOption)
    .addOption(noJsonOption)
    .action(async (options: FormOptions) => {
      const { stdout, stderr } = context.io;
      const found = await all(context.client());
      if (wantsJson(options, stdout)) return printJson(stdout, { topics: found });
      if (found.length === 0) {
        stderr.write('There are no topics. Make one with: logbrook topics create NAME\n');
        return;
      }
      const rows = found.map(({ name, partitions, createdAt, topicId }) => [
        name,
        partitions,
        timeOf(createdAt),
        topicId,
      ]);
      return print(stdout, await renderTable(['TOPIC', 'PARTITIONS', 'CREATED', 'ID'], rows));
    });
}

async function all(client: HttpClient): Promise<readonly TopicResponse[]> {
  const topics: TopicResponse[] = [];
  for (let after: string | undefined; ; ) {
    const page = await client.listTopics(after);
    topics.push(...page.topics);
    after = page.after;
    if (after === undefined) return topics;
  }
}
