/**
 * What every function of a deployment is set by: table and bucket must be named, the rest has defaults.
 */

import {
  type Environment,
  parseSettings,
  type Settings,
  variables,
} from '../lib/settings/settings.js';

export type LambdaSettings = Settings & { readonly table: string; readonly bucket: string };

/** Throws one error that tells all problems. */
export function lambdaSettings(environment: Environment): LambdaSettings {
  const parsed = parseSettings(environment);
  const problems = [variables.table, variables.bucket]
    .filter((name) => !environment[name])
    .map((name) => `${name} is not set`);
  if (parsed.kind === 'problems') problems.push(...parsed.problems);
  if (problems.length === 0 && parsed.kind === 'settings') {
    return parsed.settings as LambdaSettings;
  }
  throw new Error(`Logbrook cannot start: ${problems.join('; ')}.`);
}
