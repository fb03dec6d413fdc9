/**
 * `logbrook serve`: the options of the server. What runs it is handed in, so that no other command loads
 * it.
 */

import { type Command, Option } from 'commander';
import { wholeNumber } from '../arguments.js';
import type { CliContext, CliIo } from '../cli-io.js';

export type ServeOptions = {
  readonly port: number;
  readonly host: string;
  readonly dataDir: string;
  readonly store: 'local' | 'memory' | 'aws';
  readonly takeOver: boolean;
  readonly requireKeys: boolean;
};

export type ServeCommand = (
  options: ServeOptions,
  environment: CliIo['env'],
) => Promise<{ readonly url: string; stop(): Promise<void> }>;

export const portDefault = 9642;

export function addServe(program: Command, { io }: CliContext, serve: ServeCommand): void {
  const stores = new Option('--store <kind>', 'where the log is kept');
  program
    .command('serve')
    .description('run a server on this machine')
    .option('--port <port>', 'listen here; 0 picks a free one', wholeNumber(0, 65_535), portDefault)
    .option('--host <address>', 'listen on this address', '127.0.0.1')
    .option('--data-dir <dir>', 'where the local store keeps its files', './.logbrook')
    .addOption(stores.choices(['local', 'memory', 'aws']).default('local'))
    .option('--take-over', 'use the data directory though another server claims it', false)
    .option('--require-keys', 'ask for access keys on loopback too, as behind a proxy', false)
    .action(async (options: ServeOptions) => {
      const { dataDir, store } = options;
      const server = await serve(options, io.env);
      const where = store === 'local' ? `${store} store in ${dataDir}` : `${store} store`;
      io.stdout.write(`Logbrook listens at ${server.url} (${where}). Ctrl-C stops it.\n`);
      await new Promise<void>((resolve) => {
        io.onStop(() => resolve());
      });
      io.stderr.write('Stopping.\n');
      await server.stop();
    });
}
