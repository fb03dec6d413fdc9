/**
 * What every function of a deployment is set by: some names must be given, the rest has defaults.
 */

import {
  type Environment,
  parseSettings,
  type Settings,
  variables,
} from '../lib/settings/settings.js';

type Named = 'table' | 'bucket' | 'kmsKey' | 'rootSecretArn';

export type LambdaSettings<N extends Named> = Settings & Readonly<Record<N, string>>;

/** Throws one error that tells all problems. */
export function lambdaSettings<N extends Named>(
  environment: Environment,
  needed: readonly N[],
): LambdaSettings<N> {
  const parsed = parseSettings(environment);
  const problems = needed
    .map((name) => variables[name])
    .filter((name) => !environment[name])
    .map((name) => `${name} is not set`);
  if (parsed.kind === 'problems') problems.push(...parsed.problems);
  if (problems.length === 0 && parsed.kind === 'settings') {
    return parsed.settings as LambdaSettings<N>;
  }
  throw new Error(`Logbrook cannot start: ${problems.join('; ')}.`);
}
