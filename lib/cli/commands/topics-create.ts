/**
 * `logbrook topics create NAME`
 */

import type { Command } from 'commander';
import type { HttpClient } from '../../client/http-client.js';
import { LogbrookError } from '../../client/logbrook-error.js';
import type { TopicResponse } from '../../contract/topics.js';
import { addConfig, wholeNumber } from '../arguments.js';
import type { CliContext } from '../cli-io.js';
import { print, printJson } from '../output-stream.js';
import { type FormOptions, jsonOption, noJsonOption, wantsJson } from '../result-form.js';
import { counted } from '../table.js';

type CreateOptions = FormOptions & {
  partitions: number;
  config?: ReadonlyMap<string, string>;
  ifNotExists?: boolean;
};

export function addTopicsCreate(topics: Command, context: CliContext): void {
  topics
    .command('create <name>')
    .description('make a topic')
    .option('-p, --partitions <count>', 'how many partitions it has', wholeNumber(1), 1)
    .option('-c, --config <setting=value>', 'a setting (repeatable)', addConfig)
    .option('--if-not-exists', 'accept that it exists already')
    .addOption(jsonOption)
    .addOption(noJsonOption)
    .action(async (name: string, options: CreateOptions) => {
      const { stdout } = context.io;
      const { topic, created } = await create(context.client(), name, options);
      if (wantsJson(options, stdout)) return printJson(stdout, topic);
      const size = counted(topic.partitions, 'partition');
      const said = created ? `Made topic ${name}` : `Topic ${name} exists already,`;
      return print(stdout, `${said} with ${size}.`);
    });
}

async function create(
  client: HttpClient,
  name: string,
  { partitions, config = new Map(), ifNotExists }: CreateOptions,
): Promise<{ readonly topic: TopicResponse; readonly created: boolean }> {
  try {
    const configs = Object.fromEntries(config);
    const topic = await client.createTopic(name, partitions, config.size > 0 ? { configs } : {});
    return { topic, created: true };
  } catch (error) {
    const exists = error instanceof LogbrookError && error.code === 'TOPIC_ALREADY_EXISTS';
    if (!exists || !ifNotExists) throw error;
    const found = await client.describeTopic(name);
    const { topicId, createdAt } = found;
    const topic = { name, topicId, partitions: found.partitions.length, createdAt };
    return { topic, created: false };
  }
}
