/**
 * `logbrook keys revoke KEY`
 */

import type { Command } from 'commander';
import type { CliContext } from '../cli-io.js';
import { print, printJson } from '../output-stream.js';
import { type FormOptions, jsonOption, noJsonOption, wantsJson } from '../result-form.js';

export function addKeysRevoke(keys: Command, context: CliContext): void {
  keys
    .command('revoke <key-id>')
    .description('revoke an access key, for ever')
    .addOption(jsonOption)
    .addOption(noJsonOption)
    .action(async (keyId: string, options: FormOptions) => {
      const { stdout } = context.io;
      const revoked = await context.client().keys.revoke(keyId);
      if (wantsJson(options, stdout)) return printJson(stdout, revoked);
      return print(
        stdout,
        `Revoked key ${revoked.keyId} (${revoked.name}): opens nothing in 10 s.`,
      );
    });
}
