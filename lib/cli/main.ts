/**
 * The command line: `run` takes arguments and an io, and answers the exit code. Data goes to stdout,
 * everything else to stderr.
 */

import { Command, CommanderError } from 'commander';
import { createHttpClient, type HttpClient } from '../client/http-client.js';
import type { CliContext, CliIo } from './cli-io.js';
import { addBench } from './commands/bench.js';
import { addCompletion } from './commands/completion.js';
import { addConfigs } from './commands/configs.js';
import { addConsume } from './commands/consume.js';
import { addGroupsDelete } from './commands/groups-delete.js';
import { addGroupsDescribe } from './commands/groups-describe.js';
import { addGroupsList } from './commands/groups-list.js';
import { addGroupsSeek } from './commands/groups-seek.js';
import { addJobs } from './commands/jobs.js';
import { addKeysCreate } from './commands/keys-create.js';
import { addKeysList } from './commands/keys-list.js';
import { addKeysRevoke } from './commands/keys-revoke.js';
import { addOffsets } from './commands/offsets.js';
import { addProduce } from './commands/produce.js';
import { addProfile } from './commands/profile.js';
import { addServe, portDefault, type ServeCommand } from './commands/serve.js';
import { addTopicsAddPartitions } from './commands/topics-add-partitions.js';
import { addTopicsAlter } from './commands/topics-alter.js';
import { addTopicsCreate } from './commands/topics-create.js';
import { addTopicsDelete } from './commands/topics-delete.js';
import { addTopicsDescribe } from './commands/topics-describe.js';
import { addTopicsList } from './commands/topics-list.js';
import { addTopicsTrim } from './commands/topics-trim.js';
import { addVerify } from './commands/verify.js';
import { exitCodes, reportFailure, UsageError } from './failure.js';
import { chosenUrl, type Profiles, profilesFile, readProfiles } from './profiles.js';

const urlDefault = `http://127.0.0.1:${portDefault}`;

const closingHelp = `
What a command finds out is text on a terminal and JSON in a pipe or a file; --json and --no-json choose.

Exit codes: 0 well done, 1 it failed (stderr says why), 2 the command line is wrong,
130 and 143 stopped by Ctrl-C and SIGTERM, with everything said and flushed.`;

export function createProgram(io: CliIo, serve?: ServeCommand): Command {
  const program = new Command('logbrook')
    .description("Kafka's log over HTTPS: topics, partitions and offsets with nothing running.")
    .version(io.version)
    .option('--url <url>', `the server; else LOGBROOK_URL, else ${urlDefault}`)
    .option('--profile <name>', 'the server of this name; else LOGBROOK_PROFILE (logbrook profile)')
    .option('--access-key <key>', '<key id>.<secret>; better in LOGBROOK_KEY')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', closingHelp)
    .showHelpAfterError('(--help shows how it is used)');
  let known: Profiles = { profiles: {} };
  program.hook('preAction', async (_program, command) => {
    if (command.parent?.name() !== 'profile') known = await readProfiles(profilesFile(io.env));
  });
  const context: CliContext = {
    io,
    client() {
      const options = program.opts<{ url?: string; profile?: string; accessKey?: string }>();
      const { url, profile, accessKey = io.env.LOGBROOK_KEY } = options;
      return clientFor(chosenUrl({ url, profile, env: io.env }, known), accessKey, io);
    },
  };
  if (serve) addServe(program, context, serve);
  const topics = program.command('topics').alias('topic').description('make and see topics');
  addTopicsCreate(topics, context);
  addTopicsList(topics, context);
  addTopicsDescribe(topics, context);
  addTopicsAlter(topics, context);
  addTopicsAddPartitions(topics, context);
  addTopicsTrim(topics, context);
  addTopicsDelete(topics, context);
  const keys = program.command('keys').alias('key').description('make and revoke access keys');
  addKeysCreate(keys, context);
  addKeysList(keys, context);
  addKeysRevoke(keys, context);
  addConfigs(program, context);
  addProduce(program, context);
  addConsume(program, context);
  const groups = program
    .command('groups')
    .alias('group')
    .description('see and move consumer groups');
  addGroupsList(groups, context);
  addGroupsDescribe(groups, context);
  addGroupsSeek(groups, context);
  addGroupsDelete(groups, context);
  addOffsets(program, context);
  addJobs(program, context);
  addVerify(program, context);
  addBench(program, context);
  addProfile(program, context);
  addCompletion(program, context);
  return program;
}

function clientFor(
  url: string | undefined,
  key: string | undefined,
  { fetch, timing }: CliIo,
): HttpClient {
  try {
    return createHttpClient({ url: url || urlDefault, key: key || undefined, fetch, timing });
  } catch (cause) {
    if (cause instanceof TypeError && /access key/.test(cause.message)) {
      throw new UsageError(`--access-key or LOGBROOK_KEY: ${cause.message}`, { cause });
    }
    const message = `${JSON.stringify(url)} is not the URL of a server; one looks like ${urlDefault}`;
    throw new UsageError(message, { cause });
  }
}

/** `argv` without the names of runtime and script. */
export async function run(
  argv: readonly string[],
  io: CliIo,
  serve?: ServeCommand,
): Promise<number> {
  // A failed write is told to whoever wrote; without a listener it would end the process.
  const ignore = () => {};
  io.stdout.on('error', ignore);
  io.stderr.on('error', ignore);
  try {
    await createProgram(io, serve).parseAsync(argv, { from: 'user' });
    return exitCodes.ok;
  } catch (error) {
    // Commander has said what was wrong with the usage.
    if (error instanceof CommanderError) {
      return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    }
    return reportFailure(error, io);
  }
}
