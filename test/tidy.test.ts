/**
 * The house rules, executed: who imports whom, what pure rooms may not touch, how long a file may be,
 * and that a file says on its first lines what it is.
 */

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { rooms } from './rooms.js';

const linesMax = 400;
const impure = [
  /\bDate\.now\(/,
  /\bnew Date\(\)/,
  /\bMath\.random\(/,
  /\bprocess\./,
  /\bset(Timeout|Interval|Immediate)\(/,
  /\bconsole\./,
  /\bBuffer\b/,
];
const forbiddenNames = /(^|\/)(utils?|helpers?|common|misc|index)\.ts$/;

function walk(dir: string): string[] {
  if (!existsSync(dir)) return [];
  return readdirSync(dir).flatMap((name) => {
    const path = join(dir, name);
    if (statSync(path).isDirectory()) return walk(path);
    return path.endsWith('.ts') ? [path] : [];
  });
}

/** The innermost room that holds `path`. */
function roomOf(path: string): string | undefined {
  return Object.keys(rooms)
    .filter((room) => path.startsWith(`${room}/`))
    .sort((a, b) => b.length - a.length)[0];
}

function importComplaints(file: string, text: string): string[] {
  const home = roomOf(file);
  const room = home === undefined ? undefined : rooms[home];
  if (!room) return [`${file}: in no room`];
  return ts.preProcessFile(text).importedFiles.flatMap(({ fileName: target }) => {
    if (target.startsWith('.')) {
      const to = roomOf(normalize(join(dirname(file), target)));
      const allowed = to === home || room.may.includes(to ?? '');
      return allowed ? [] : [`${file}: ${home} may not import ${to ?? target}`];
    }
    const allowed = room.packages.some(
      (name) => target === name || (/[/:]$/.test(name) && target.startsWith(name)),
    );
    return allowed ? [] : [`${file}: ${home} may not import package ${target}`];
  });
}

function textComplaints(file: string, text: string): string[] {
  const out: string[] = [];
  const home = roomOf(file);
  const code = text.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
  if (home !== undefined && rooms[home]?.pure) {
    for (const ban of impure) if (ban.test(code)) out.push(`${file}: ${ban.source} in a pure room`);
  }
  if (text.split('\n').length > linesMax) out.push(`${file}: over ${linesMax} lines`);
  if (!/^(#!.*\n)?\/\*\*/.test(text)) out.push(`${file}: does not open with what it is`);
  if (forbiddenNames.test(file)) out.push(`${file}: a file is named for what it is`);
  if (/\b(FIXME|TODO)\b/.test(text))
    out.push(`${file}: unfinished work is an issue, not a comment`);
  if (/^export default\b/m.test(code)) out.push(`${file}: no default exports`);
  if (/^(export )?(const )?enum\b/m.test(code)) out.push(`${file}: no enums`);
  return out;
}

const complaints = (file: string, text: string) => [
  ...importComplaints(file, text),
  ...textComplaints(file, text),
];

test('every file of lib keeps the rules of its room', () => {
  const found = walk('lib').flatMap((file) => complaints(file, readFileSync(file, 'utf8')));
  expect(found).toEqual([]);
});

test('the edges keep the rules of files', () => {
  const files = ['lambda', 'bin', 'bench', 'test'].flatMap(walk);
  const found = files
    .filter((file) => file !== 'test/tidy.test.ts')
    .flatMap((file) => textComplaints(file, readFileSync(file, 'utf8')));
  expect(found).toEqual([]);
});

test('every file of a room with decisions has a test that names it', () => {
  const tests = walk('test').map((file) => readFileSync(file, 'utf8'));
  const untested = [
    'lib/access',
    'lib/log',
    'lib/coordinator',
    'lib/broker',
    'lib/jobs',
    'lib/contract',
    'lib/http',
  ]
    .flatMap(walk)
    .filter((file) =>
      /^export (async )?function|^export const|^export class/m.test(readFileSync(file, 'utf8')),
    )
    .filter((file) => !tests.some((text) => text.includes(file.replace(/\.ts$/, '.js'))));
  expect(untested).toEqual([]);
});

describe('the rule itself notices', () => {
  const header = '/** What it is. */\n';
  const cases: [why: string, file: string, text: string, complaint: RegExp][] = [
    [
      'a wrong direction',
      'lib/log/x.ts',
      `${header}import '../broker/y.js';`,
      /may not import lib\/broker/,
    ],
    ['a package', 'lib/log/x.ts', `${header}import 'zod';`, /may not import package zod/],
    [
      'a type import',
      'lib/broker/x.ts',
      `${header}import type { A } from '../http/a.js';`,
      /lib\/http/,
    ],
    ['a clock', 'lib/broker/x.ts', `${header}const t = Date.now();`, /pure room/],
    ['a long file', 'lib/log/x.ts', header + '\n'.repeat(linesMax), /over 400 lines/],
    ['a mute file', 'lib/log/x.ts', 'const a = 1;', /what it is/],
    ['a drawer', 'lib/log/utils.ts', header, /named for/],
    ['a stray', 'lib/nowhere/x.ts', header, /in no room/],
    ['a default export', 'lib/log/x.ts', `${header}export default 1;`, /default/],
  ];
  test.each(cases)('%s', (_why, file, text, complaint) => {
    expect(complaints(file, text).join('\n')).toMatch(complaint);
  });
});
