/**
 * `logbrook completion bash|zsh|fish`: a script for the shell, drawn from the tree of commands, so that it
 * knows what this version knows.
 */

import { Argument, type Command } from 'commander';
import type { CliContext } from '../cli-io.js';
import { print } from '../output-stream.js';

/** What may follow these words. */
type Place = { readonly path: string; readonly words: readonly Word[] };
type Word = { readonly word: string; readonly about: string };

const shells = ['bash', 'zsh', 'fish'] as const;

export function addCompletion(program: Command, { io }: CliContext): void {
  program
    .command('completion')
    .addArgument(new Argument('<shell>', 'whose script it is').choices(shells))
    .description('print a script that completes commands: eval "$(logbrook completion bash)"')
    .action((shell: (typeof shells)[number]) =>
      print(io.stdout, scripts[shell](placesOf(program))),
    );
}

export function placesOf(command: Command, path = ''): readonly Place[] {
  const inner = command.commands.map((one) => ({ word: one.name(), about: one.description() }));
  const options = command.options.flatMap(({ long, description }) =>
    long ? [{ word: long, about: description }] : [],
  );
  const deeper = command.commands.flatMap((one) => placesOf(one, `${path}${one.name()} `));
  return [{ path: path.trimEnd(), words: [...inner, ...options, help] }, ...deeper];
}

const help: Word = { word: '--help', about: 'how it is used' };

/** The words so far that are commands decide; `name_of` finds the longest such path. */
function bash(places: readonly Place[]): string {
  const cases = places.map(({ path, words }) => {
    return `    '${path}') words='${words.map(({ word }) => word).join(' ')}' ;;`;
  });
  return `_logbrook() {
  local current="\${COMP_WORDS[COMP_CWORD]}" path='' word words=''
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case " ${pathsOf(places)} " in *" \${path:+\${path}/}\${word} "*) path="\${path:+\${path}/}\${word}" ;; esac
  done
  case "\${path//\\// }" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "\${words}" -- "\${current}"))
}
complete -o default -F _logbrook logbrook`;
}

/** Paths with slashes, so that they are words. */
function pathsOf(places: readonly Place[]): string {
  return places
    .map(({ path }) => path.replaceAll(' ', '/'))
    .filter(Boolean)
    .join(' ');
}

/** zsh understands what is written for bash. */
function zsh(places: readonly Place[]): string {
  return `autoload -U +X bashcompinit && bashcompinit\n${bash(places)}`;
}

function fish(places: readonly Place[]): string {
  const lines = places.flatMap(({ path, words }) => {
    const inside = path.split(' ').filter(Boolean);
    const seen = inside.map((word) => `__fish_seen_subcommand_from ${word}`);
    const when = inside.length === 0 ? '__fish_use_subcommand' : seen.join('; and ');
    return words.map(({ word, about }) => {
      const what = word.startsWith('--') ? `-l ${word.slice(2)}` : `-f -a ${word}`;
      return `complete -c logbrook -n '${when}' ${what} -d '${about.replaceAll("'", '’')}'`;
    });
  });
  return lines.join('\n');
}

const scripts = { bash, zsh, fish } as const;
