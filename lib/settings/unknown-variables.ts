/**
 * Variables that look like settings and are none: a misspelt one would be without effect, and nobody told.
 */

import { nearestName } from '../log/nearest-name.js';
import { type Environment, variables } from './settings.js';

export type UnknownVariable = {
  readonly name: string;
  /** Undefined where no setting has a name like it. */
  readonly meant: string | undefined;
};

const prefix = 'LOGBROOK_';
/** Those of the command line, which a shell may have set beside a server's. */
const others = ['URL', 'KEY', 'PROFILE', 'CONFIG', 'DEBUG'];

export function unknownVariables(environment: Environment): readonly UnknownVariable[] {
  const settings = Object.values(variables).map((name) => name.slice(prefix.length));
  const known = [...settings, ...others];
  return Object.keys(environment)
    .filter((name) => name.startsWith(prefix) && !known.includes(name.slice(prefix.length)))
    .map((name) => {
      const wanted = name.slice(prefix.length);
      // The unit at its end is what is forgotten most easily.
      const near =
        settings.find((one) => one.startsWith(`${wanted}_`)) ?? nearestName(wanted, settings);
      return { name, meant: near && prefix + near };
    });
}
