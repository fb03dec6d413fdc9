/**
 * `logbrook profile list|add|use|remove`
 */

import { type Command, InvalidArgumentError } from 'commander';
import type { CliContext } from '../cli-io.js';
import { UsageError } from '../failure.js';
import { print, printJson } from '../output-stream.js';
import { profilesFile, readProfiles, urlOf, writeProfiles } from '../profiles.js';
import { type FormOptions, jsonOption, noJsonOption, wantsJson } from '../result-form.js';
import { renderTable } from '../table.js';

export function addProfile(program: Command, { io }: CliContext): void {
  const { stdout, stderr } = io;
  const file = profilesFile(io.env);
  const profile = program.command('profile').description('names for several servers');
  profile
    .command('list')
    .alias('ls')
    .description('list the profiles')
    .addOption(jsonOption)
    .addOption(noJsonOption)
    .action(async (options: FormOptions) => {
      const { current, profiles } = await readProfiles(file);
      const found = Object.entries(profiles).map(([name, { url }]) => {
        return { name, url, current: name === current };
      });
      if (wantsJson(options, stdout)) return printJson(stdout, { profiles: found });
      if (found.length === 0) {
        stderr.write('There are no profiles. Add one with: logbrook profile add NAME URL\n');
        return;
      }
      const rows = found.map((one) => [one.current ? '*' : '', one.name, one.url]);
      return print(stdout, await renderTable(['', 'PROFILE', 'URL'], rows));
    });
  profile
    .command('add')
    .argument('<name>', 'letters, digits, . _ -', profileName)
    .argument('<server>', 'its URL')
    .description('add a profile, or change its URL; the first one is in use')
    .action(async (name: string, server: string) => {
      if (!/^https?:\/\/./.test(server) || !URL.canParse(server)) {
        throw new UsageError(`${JSON.stringify(server)} is not the URL of a server.`);
      }
      const { current = name, profiles } = await readProfiles(file);
      await writeProfiles(file, { current, profiles: { ...profiles, [name]: { url: server } } });
      return print(
        stdout,
        `Profile ${name} is ${server}${current === name ? ', and in use' : ''}.`,
      );
    });
  profile
    .command('use <name>')
    .description('talk to this server, unless a command names another')
    .action(async (name: string) => {
      const known = await readProfiles(file);
      const url = urlOf(name, known);
      await writeProfiles(file, { ...known, current: name });
      return print(stdout, `Using ${name}: ${url}.`);
    });
  profile
    .command('remove <name>')
    .description('forget a profile')
    .action(async (name: string) => {
      const known = await readProfiles(file);
      urlOf(name, known);
      const { [name]: _, ...profiles } = known.profiles;
      const current = known.current === name ? undefined : known.current;
      await writeProfiles(file, { current, profiles });
      return print(stdout, `Removed profile ${name}.`);
    });
}

function profileName(text: string): string {
  if (/^[\w.-]{1,100}$/.test(text) && text !== '__proto__') return text;
  throw new InvalidArgumentError('It has letters, digits, dots, dashes and underscores.');
}
