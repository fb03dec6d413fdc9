/**
 * `logbrook jobs status` and `logbrook jobs run`
 */

import type { Command } from 'commander';
import type { JobReport } from '../../contract/jobs.js';
import type { CliContext } from '../cli-io.js';
import { CommandError } from '../failure.js';
import { print, printJson } from '../output-stream.js';
import { type FormOptions, jsonOption, noJsonOption, wantsJson } from '../result-form.js';
import { type Cell, count, renderTable, timeOf } from '../table.js';

export function addJobs(program: Command, context: CliContext): void {
  const jobs = program.command('jobs').description('see and run maintenance');
  jobs
    .command('status')
    .description('show whether maintenance runs, and what its last run did')
    .addOption(jsonOption)
    .addOption(noJsonOption)
    .action(async (options: FormOptions) => {
      const { stdout } = context.io;
      const status = await context.client().jobs.status();
      if (wantsJson(options, stdout)) return printJson(stdout, status);
      const { running, intervalMs, last } = status;
      const every = intervalMs === 0 ? 'only when asked for' : `every ${intervalMs / 1_000} s`;
      const state = `Maintenance runs ${every}. ${running ? 'It runs now.' : 'It does not run now.'}`;
      const report = last ? await described(last) : 'It has not run in this process yet.';
      return print(stdout, `${state}\n\n${report}`);
    });
  jobs
    .command('run')
    .description('run maintenance now, and show what it did; exit code 1 if a part of it failed')
    .addOption(jsonOption)
    .addOption(noJsonOption)
    .action(async (options: FormOptions) => {
      const { stdout } = context.io;
      const report = await context.client().jobs.run();
      if (wantsJson(options, stdout)) await printJson(stdout, report);
      else await print(stdout, await described(report));
      const { length } = report.failures;
      if (length > 0) throw new CommandError(`${count(length)} part(s) of the run failed.`);
    });
}

async function described(report: JobReport): Promise<string> {
  const rows: readonly (readonly [string, number])[] = [
    ['partitions looked at', report.partitions],
    ['partitions led by others', report.ledByOthers],
    ['segments written', report.segments],
    ['bytes compacted', report.bytesCompacted],
    ['records expired', report.recordsExpired],
    ['records compacted', report.recordsCompacted],
    ['index pages deleted', report.pagesDeleted],
    ['hours cleaned up', report.bucketsDeleted],
    ['hours that wait', report.bucketsWaiting],
    ['objects deleted', report.objectsDeleted],
    ['deleted topics swept', report.topicsSwept],
    ['groups expired', report.groupsExpired],
  ];
  const when = `Run at ${timeOf(report.startedAt)}, ${count(report.tookMs)} ms`;
  const end = report.complete ? '' : ', not to its end: the next one goes on';
  const cells: Cell[][] = rows.map(([what, value]) => [what, count(value)]);
  const table = await renderTable(['WHAT', 'COUNT'], cells);
  const failures = report.failures.map((failure) => `\nFailed: ${failure}`).join('');
  return `${when}${end}\n\n${table}${failures ? `\n${failures}` : ''}`;
}
