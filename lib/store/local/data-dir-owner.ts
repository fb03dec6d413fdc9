/**
 * One server per data directory. The owner's record is written inside an LMDB transaction, so of two
 * that start at once one sees the other; one that was killed is told apart from one that lives, and
 * whoever lost the directory writes nothing more, because every transaction checks.
 */

import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { codeOf } from './io-errors.js';

export type Owner = {
  /** Of one opening: a process may close and open again. */
  readonly token: string;
  readonly pid: number;
  /** Tells a process from a later one with its pid; null where the system does not say. */
  readonly startedAt: string | null;
  readonly hostname: string;
};

export class DataDirInUse extends Error {
  override readonly name = 'DataDirInUse';
  readonly dataDir: string;
  readonly pid: number;
  readonly hostname: string;

  constructor(dataDir: string, owner: Owner, advice: string) {
    super(
      `the data directory ${dataDir} is in use by process ${owner.pid} on ${owner.hostname}: ${advice}`,
    );
    this.dataDir = dataDir;
    this.pid = owner.pid;
    this.hostname = owner.hostname;
  }
}

export function thisProcess(): Owner {
  const { pid } = process;
  return {
    token: randomUUID(),
    pid,
    startedAt: processState(pid)?.startedAt ?? null,
    hostname: hostname(),
  };
}

/** Throws `DataDirInUse` unless `self` may take the directory from the owner that is on record. */
export function assertFree(
  dataDir: string,
  owner: Owner | undefined,
  self: Owner,
  takeOver: boolean,
): void {
  if (!owner) return;
  if (owner.hostname !== self.hostname) {
    if (takeOver) return;
    const advice = 'if that machine or container is gone for good, open it with takeOver';
    throw new DataDirInUse(dataDir, owner, advice);
  }
  if (isAlive(owner)) {
    throw new DataDirInUse(dataDir, owner, 'stop that process, or use another directory');
  }
}

function isAlive({ pid, startedAt }: Owner): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // Any other error is about a process that is there.
    if (codeOf(error) === 'ESRCH') return false;
  }
  const now = processState(pid);
  if (!now) return true;
  return !now.ended && (startedAt === null || now.startedAt === startedAt);
}

/**
 * Linux only. The start time (field 22) counts from boot, so the boot's id belongs to it. A process
 * that has ended but was not waited for yet still has its pid.
 */
function processState(pid: number): { startedAt: string; ended: boolean } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    // The second field is the command in parentheses, and may hold anything.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { startedAt: `${bootId}/${fields[19]}`, ended: /^[ZX]/.test(fields[0] ?? '') };
  } catch {
    return undefined;
  }
}
