/**
 * The command line: `run` takes arguments and an io, and answers the exit code. Data goes to stdout,
 * everything else to stderr.
 */

import { Command, CommanderError } from 'commander';
import { createHttpClient, type HttpClient } from '../client/http-client.js';
import type { CliContext, CliIo } from './cli-io.js';
import { addConfigs } from './commands/configs.js';
import { addConsume } from './commands/consume.js';
import { addJobs } from './commands/jobs.js';
import { addOffsets } from './commands/offsets.js';
import { addProduce } from './commands/produce.js';
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

const urlDefault = `http://127.0.0.1:${portDefault}`;

export function createProgram(io: CliIo, serve?: ServeCommand): Command {
  const program = new Command('logbrook')
    .description("Kafka's log over HTTPS: topics, partitions and offsets with nothing running.")
    .version(io.version)
    .option('--url <url>', `the server; else LOGBROOK_URL, else ${urlDefault}`)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .configureHelp({ showGlobalOptions: true })
    .showHelpAfterError('(--help shows how it is used)');
  const context: CliContext = {
    io,
    client: () => clientFor(program.opts<{ url?: string }>().url || io.env.LOGBROOK_URL, io),
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
  addConfigs(program, context);
  addProduce(program, context);
  addConsume(program, context);
  addOffsets(program, context);
  addJobs(program, context);
  addVerify(program, context);
  return program;
}

function clientFor(url: string | undefined, { fetch, timing }: CliIo): HttpClient {
  try {
    return createHttpClient({ url: url || urlDefault, fetch, timing });
  } catch (cause) {
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
