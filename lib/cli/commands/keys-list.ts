/**
 * `logbrook keys list`
 */

import type { Command } from 'commander';
import type { HttpClient } from '../../client/http-client.js';
import type { KeyFacts } from '../../contract/keys.js';
import type { CliContext } from '../cli-io.js';
import { print, printJson } from '../output-stream.js';
import { type FormOptions, jsonOption, noJsonOption, wantsJson } from '../result-form.js';
import { renderTable, timeOf } from '../table.js';

export function addKeysList(keys: Command, context: CliContext): void {
  keys
    .command('list')
    .alias('ls')
    .description('list the access keys, without their secrets')
    .addOption(jsonOption)
    .addOption(noJsonOption)
    .action(async (options: FormOptions) => {
      const { stdout, stderr } = context.io;
      const found = await all(context.client());
      if (wantsJson(options, stdout)) return printJson(stdout, { keys: found });
      if (found.length === 0) {
        stderr.write('There are no access keys. Make one with: logbrook keys create NAME\n');
        return;
      }
      const head = ['KEY', 'NAME', 'MAY', 'TOPICS', 'GROUPS', 'CREATED', 'STATE'];
      return print(stdout, await renderTable(head, found.map(row)));
    });
}

function row({ keyId, name, scopes, createdAt, expiresAt, revokedAt }: KeyFacts) {
  const of = (pick: (scope: KeyFacts['scopes'][number]) => readonly string[]) =>
    scopes
      .map(
        (scope) =>
          pick(scope)
            .map((text) => text || '*')
            .join(' ') || '-',
      )
      .join('; ');
  const until = expiresAt === null ? 'valid' : `until ${timeOf(expiresAt)}`;
  const state = revokedAt === null ? until : `revoked ${timeOf(revokedAt)}`;
  return [
    keyId,
    name,
    of(({ operations }) => operations),
    of(({ topics }) => topics),
    of(({ groups }) => groups),
    timeOf(createdAt),
    state,
  ];
}

async function all(client: HttpClient): Promise<readonly KeyFacts[]> {
  const keys: KeyFacts[] = [];
  for (let after: string | undefined; ; ) {
    const page = await client.keys.list(after);
    keys.push(...page.keys);
    after = page.after;
    if (after === undefined) return keys;
  }
}
