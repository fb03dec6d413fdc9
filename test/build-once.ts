/**
 * Builds the program once before any test starts it.
 */

import { execFileSync } from 'node:child_process';

export function setup(): void {
  execFileSync(process.execPath, ['bin/build.mjs'], { stdio: 'inherit' });
}
