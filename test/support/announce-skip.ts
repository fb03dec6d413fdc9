/**
 * A suite whose server cannot run on this machine is skipped with a loud line; in CI it fails instead,
 * because there a skip would look like a pass.
 */

/** Whether to skip. `reason` is undefined when the server can run. */
export function announceSkip(what: string, reason: string | undefined): boolean {
  if (reason === undefined) return false;
  if (process.env.CI) throw new Error(`${what} cannot run in CI: ${reason}`);
  process.stderr.write(`\n*** SKIPPED: ${what}: ${reason} ***\n\n`);
  return true;
}
