/**
 * Several servers under names of their own, in a file of the user's: which one a command talks to.
 *
 *   ~/.config/logbrook/config.json   {"current": "prod", "profiles": {"prod": {"url": "https://..."}}}
 */

import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { CommandError } from './failure.js';

export type Profiles = {
  readonly current?: string | undefined;
  readonly profiles: Readonly<Record<string, { readonly url: string }>>;
};

const none: Profiles = { profiles: {} };

type Environment = Readonly<Record<string, string | undefined>>;

/** As other programs of the terminal do it; LOGBROOK_CONFIG names another file. */
export function profilesFile(env: Environment): string | undefined {
  if (env.LOGBROOK_CONFIG) return env.LOGBROOK_CONFIG;
  const base = env.XDG_CONFIG_HOME || (env.HOME && path.join(env.HOME, '.config'));
  return base ? path.join(base, 'logbrook', 'config.json') : undefined;
}

export async function readProfiles(file: string | undefined): Promise<Profiles> {
  if (file === undefined) return none;
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return none;
  const value = parse(text);
  if (isProfiles(value)) return value;
  throw new CommandError(`${file} is not as "logbrook profile" writes it. Mend or delete it.`);
}

/** All of it or nothing: a crash leaves the file as it was. */
export async function writeProfiles(file: string | undefined, profiles: Profiles): Promise<void> {
  if (file === undefined) {
    throw new CommandError('There is no home directory to keep profiles in; set LOGBROOK_CONFIG.');
  }
  await mkdir(path.dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}.new`;
  await writeFile(draft, `${JSON.stringify(profiles, null, 2)}\n`, { mode: 0o600 });
  await rename(draft, file);
}

export type ServerChoice = {
  readonly url?: string | undefined;
  readonly profile?: string | undefined;
  readonly env: Environment;
};

/** --url, --profile, LOGBROOK_URL, LOGBROOK_PROFILE, the profile in use; undefined: none of them. */
export function chosenUrl(
  { url, profile, env }: ServerChoice,
  known: Profiles,
): string | undefined {
  if (url) return url;
  if (profile) return urlOf(profile, known);
  if (env.LOGBROOK_URL) return env.LOGBROOK_URL;
  const name = env.LOGBROOK_PROFILE || known.current;
  return name ? urlOf(name, known) : undefined;
}

export function urlOf(name: string, { profiles }: Profiles): string {
  if (Object.hasOwn(profiles, name)) return (profiles[name] as { url: string }).url;
  const names = Object.keys(profiles);
  const there = names.length === 0 ? 'there are none' : `there is ${names.join(', ')}`;
  throw new CommandError(
    `There is no profile ${name}; ${there}. Add it with: logbrook profile add ${name} URL`,
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isProfiles(value: unknown): value is Profiles {
  if (typeof value !== 'object' || value === null) return false;
  const { current, profiles } = value as Partial<Profiles>;
  if (current !== undefined && typeof current !== 'string') return false;
  if (typeof profiles !== 'object' || profiles === null) return false;
  return Object.values(profiles).every((one) => typeof one?.url === 'string');
}
