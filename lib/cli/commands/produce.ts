/**
 * `logbrook produce TOPIC [FILE]`: each line becomes a record. Lines of one key keep their order, and
 * whatever has to be sent again is written once. At most some megabytes wait in memory.
 */

import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { type Command, Option } from 'commander';
import type { Acks } from '../../client/http-client.js';
import { LogbrookError } from '../../client/logbrook-error.js';
import { createProducer, type Producer } from '../../client/producer/producer.js';
import {
  batchSizeDefault,
  batchSizeMax,
  batchSizeMin,
  type ProducerOptions,
} from '../../client/producer/producer-options.js';
import type { ProducerRecord } from '../../client/record-bytes.js';
import type { Compression } from '../../log/codecs.js';
import { acksOf, addHeader, partitionMax, separator, wholeNumber } from '../arguments.js';
import { type CliContext, type CliIo, stoppable } from '../cli-io.js';
import { CommandError, Stopped } from '../failure.js';
import {
  createLineReader,
  type LineOptions,
  type LineReader,
  lineFormats,
} from '../line-records.js';
import { splitLines } from '../line-splitter.js';
import { printJson } from '../output-stream.js';
import { ProduceTally } from '../produce-tally.js';
import { type ProgressTotal, startProgress } from '../progress.js';
import { createRetryNotice } from '../retry-notice.js';

type ProduceOptions = LineOptions & {
  readonly acks: Acks;
  readonly batchBytes: number;
  readonly compression: Compression;
  readonly json?: boolean;
};

/** What waits in memory: less than a producer of its own would take, for files need no more. */
const bufferBytes = 8 * 1024 * 1024;

const keyChoices = ['key', 'keySeparator', 'keyField'];

export function addProduce(program: Command, context: CliContext): void {
  const keySeparator = '-k, --key-separator <sep>';
  const apart = (option: Option) =>
    option.conflicts(keyChoices.filter((name) => name !== option.attributeName()));
  program
    .command('produce <topic> [file]')
    .description('append the lines of a file, or of stdin, as records')
    .addOption(
      apart(new Option(keySeparator, 'a line is KEY SEP VALUE (\\t: tab)').argParser(separator)),
    )
    .addOption(
      apart(
        new Option(
          '--key-field <n>',
          'the key is the nth field between white space; the value is the whole line',
        ).argParser(wholeNumber(1, 100_000)),
      ),
    )
    .addOption(apart(new Option('--key <key>', 'the key of every record')))
    .option('-H, --header <name=value>', 'a header of every record; repeatable', addHeader)
    .option('-p, --partition <n>', 'append to this partition', wholeNumber(0, partitionMax))
    .addOption(
      new Option(
        '--format <format>',
        'what a line is: the value as it stands, a JSON value, base64, or a whole record as JSON',
      )
        .choices(lineFormats)
        .default('text'),
    )
    .addOption(
      new Option(
        '--acks <acks>',
        'all: wait until durable; 0: do not, records may be lost; 1 and -1 are all',
      )
        .argParser(acksOf)
        .default('all'),
    )
    .option(
      '--batch-bytes <bytes>',
      'send batches of at most about this size',
      wholeNumber(batchSizeMin, batchSizeMax),
      batchSizeDefault,
    )
    .addOption(
      new Option('-z, --compression <codec>', 'how batches are compressed')
        .choices(['none', 'gzip', 'zstd'])
        .default('none'),
    )
    .option('--json', 'print a summary as JSON')
    .action(
      (topic: string, file: string | undefined, options: ProduceOptions, command: Command) => {
        const keyed = keyChoices.some((name) => command.getOptionValue(name) !== undefined);
        if (keyed && options.format === 'ndjson') {
          command.error('error: with --format ndjson the records say their keys themselves');
        }
        return produce(context, topic, file, options);
      },
    );
}

async function produce(
  context: CliContext,
  topic: string,
  file: string | undefined,
  options: ProduceOptions,
): Promise<void> {
  const { io } = context;
  const client = context.client();
  const input = await openInput(io, file);
  try {
    const readLine = await createLineReader(options);
    const codecs = await io.loadCodecs();
    const tally = new ProduceTally(topic, client.timing.nowMs);
    const progress = await startProgress(io, input.total);
    const notice = createRetryNotice(progress.note);
    const settings: ProducerOptions = {
      acks: options.acks,
      compression: options.compression,
      batchSize: options.batchBytes,
      bufferMemory: Math.max(bufferBytes, options.batchBytes),
      stopOnFailure: true,
      onRetry: notice.onRetry,
      onSent(sent) {
        notice.recovered();
        tally.sent(sent);
        progress.update(tally.records, tally.bytesRead);
      },
    };
    const work = async (signal: AbortSignal) => {
      const producer = createProducer(client, codecs, settings);
      try {
        await producer.prepare(topic, signal);
      } catch (error) {
        // Nothing was read yet: there is nothing to write before we stop.
        if (signal.aborted) return;
        throw error;
      }
      const add = (record: ProducerRecord) => producer.add(topic, record);
      await sendLines(input.stream, { add, flush: producer.flush }, readLine, tally, signal);
    };
    const stoppedBy = await stoppable(io, work, () => {
      progress.note('Stopping when what was read is written. Ctrl-C again ends at once.');
    })
      .catch((error: unknown) => {
        progress.stop();
        if (tally.recordsRead > 0) io.stderr.write(`${tally.failureLine()}\n`);
        throw error;
      })
      .finally(() => progress.stop());
    if (options.json) await printJson(io.stdout, tally.summary());
    io.stderr.write(`${tally.summaryLine()}\n`);
    if (stoppedBy) throw new Stopped(stoppedBy);
  } finally {
    input.stream.destroy();
  }
}

type Input = {
  readonly stream: Readable;
  readonly total: ProgressTotal | undefined;
};

const fileChunkBytes = 256 * 1024;

/** Opened first: a name that is wrong should fail before anything else happens. */
async function openInput(io: CliIo, file: string | undefined): Promise<Input> {
  if (file === undefined || file === '-') {
    if (io.stdin.isTTY) io.stderr.write('Each line becomes a record; Ctrl-D ends.\n');
    return { stream: io.stdin, total: undefined };
  }
  const handle = await open(file);
  const stats = await handle.stat();
  if (stats.isDirectory()) {
    await handle.close();
    throw new CommandError(`${file}: this is a directory, not a file`);
  }
  const stream = handle.createReadStream({ highWaterMark: fileChunkBytes });
  return { stream, total: stats.isFile() ? { unit: 'bytes', value: stats.size } : undefined };
}

type Sender = Pick<Producer, 'flush'> & {
  add(record: ProducerRecord): Promise<void> | undefined;
};

/** What was read before a bad line, or before somebody stopped us, is sent all the same. */
async function sendLines(
  stream: Readable,
  producer: Sender,
  readLine: LineReader,
  tally: ProduceTally,
  signal: AbortSignal,
): Promise<void> {
  const stop = () => stream.destroy();
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  let lineNumber = 0;
  try {
    for await (const lines of splitLines(stream, batchSizeMax)) {
      const nowMs = Date.now();
      for (const line of lines) {
        lineNumber++;
        tally.bytesRead += line.length + 1;
        const record = readLine(line, lineNumber, nowMs);
        if (!record) continue;
        const room = addLine(producer, record, lineNumber);
        tally.recordsRead++;
        if (room !== undefined) await room;
      }
    }
  } catch (error) {
    // Its own failure, if it has one, is the error already.
    if (!signal.aborted) await producer.flush().catch(() => {});
    if (!signal.aborted) throw error;
  }
  await producer.flush();
}

function addLine(producer: Sender, record: ProducerRecord, lineNumber: number) {
  try {
    return producer.add(record);
  } catch (cause) {
    const isRecords = cause instanceof LogbrookError && cause.status === 0 && !cause.retriable;
    if (!isRecords) throw cause;
    throw new CommandError(`Line ${lineNumber}: ${cause.message}`, { cause });
  }
}
