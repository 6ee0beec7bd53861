import type { Command, CommanderError } from 'commander';
import { InvalidTimestampError } from '../../hlc/errors.js';
import { Timestamp } from '../../hlc/timestamp.js';
import { UsageError } from '../errors.js';
import { nearest } from '../../nearest.js';
import { refusedValue } from './refused-value.js';

/** Result for a command line without a command, for which the help was shown. */
export const SHOWED_HELP = Symbol('help');

/** Commands by the names that other tools have for them. */
const SYNONYMS: Readonly<Record<string, string>> = {
  list: 'aggregates',
  ls: 'aggregates',
  streams: 'aggregates',
  history: 'events',
  log: 'events',
  show: 'event',
  cat: 'event',
  state: 'replay',
  get: 'replay',
  find: 'search',
  grep: 'search',
  query: 'search',
  follow: 'tail -f',
  watch: 'tail -f',
  count: 'stats',
  info: 'stats',
  fsck: 'verify',
  delete: 'erase',
  remove: 'erase',
  rm: 'erase',
  init: 'migrate',
  up: 'migrate up',
  rollback: 'migrate rollback',
  status: 'migrate status',
  backup: 'export',
  dump: 'export',
  restore: 'import',
  load: 'import',
  version: '--version',
  decode: 'id show',
  uuid: 'id new',
};

/** Subcommands by the names that other tools have for them, by their parent. */
const SYNONYMS_WITHIN: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  id: {
    decode: 'id show',
    parse: 'id show',
    inspect: 'id show',
    encode: 'id show',
    convert: 'id show',
    make: 'id new',
    create: 'id new',
    generate: 'id new',
  },
  snapshot: {
    show: 'snapshot get',
    cat: 'snapshot get',
    check: 'snapshot verify',
    set: 'snapshot put',
    make: 'snapshot create',
    list: 'aggregates --with-snapshot',
    ls: 'aggregates --with-snapshot',
    remove: 'snapshot delete',
    rm: 'snapshot delete',
    erase: 'snapshot delete',
  },
};

const SEE_HELP = 'See `maestro --help`, or `maestro <command> --help`.';

/**
 * The error for an error of commander, with a hint at what may have been meant; `undefined` when help or the version was
 * asked for and shown.
 */
export function usageError(
  { exitCode, message, code }: CommanderError,
  argv: readonly string[],
  program: Command,
): UsageError | typeof SHOWED_HELP | undefined {
  if (exitCode === 0) return undefined;
  if (code === 'commander.help') return SHOWED_HELP;
  const refused = refusedValue(message);
  if (refused !== undefined) return new UsageError(refused.problem, { hint: refused.remedy ?? helpOf(argv, program) });
  const [problem = '', suggestion] = message.replace(/^error: /, '').split('\n');
  const text = problem.charAt(0).toUpperCase() + problem.slice(1);
  return new UsageError(/[.!?)]$/.test(text) ? text : `${text}.`, {
    hint: meant(problem, code, argv) ?? suggestion?.replace(/^\((.*)\)$/, '$1') ?? helpOf(argv, program),
  });
}

/** A hint at the help of the command in the arguments, or at the help of all. */
function helpOf(argv: readonly string[], program: Command): string {
  let command = program;
  const names: string[] = [];
  for (const word of argv) {
    const child = command.commands.find((one) => one.name() === word);
    if (child === undefined) continue;
    command = child;
    names.push(word);
  }
  if (names.length === 0) return SEE_HELP;
  return `See \`maestro ${names.join(' ')} --help\`.`;
}

function meant(problem: string, code: string, argv: readonly string[]): string | undefined {
  const [, word = ''] = /'([^']*)'/.exec(problem) ?? [];
  if (code === 'commander.missingMandatoryOptionValue') return mistyped(word.split(' ')[0] ?? '', argv);
  if (code === 'commander.unknownCommand') {
    const synonym = synonymOf(word, argv);
    if (synonym !== undefined) return `Did you mean \`maestro ${synonym}\`?`;
  }
  if (code === 'commander.unknownOption' && /^-\d/.test(word))
    return `A word that begins with a dash is an option; write ${word.slice(1)} for a time that long ago.`;
  if (code !== 'commander.unknownCommand' && code !== 'commander.excessArguments') return undefined;
  const id = argv.find(isId);
  return id === undefined ? undefined : `To see the events of an aggregate, run \`maestro events ${id}\`.`;
}

/** Our command for a word that other tools use (`ls`, `cat`); after a parent command, such as `snapshot`, a subcommand. */
function synonymOf(word: string, argv: readonly string[]): string | undefined {
  const parent = argv[argv.indexOf(word) - 1] ?? '';
  const synonyms = Object.hasOwn(SYNONYMS_WITHIN, parent) ? (SYNONYMS_WITHIN[parent] ?? {}) : SYNONYMS;
  return Object.hasOwn(synonyms, word) ? synonyms[word] : undefined;
}

/** A hint when a required option is missing, but one with a similar name was given. */
function mistyped(option: string, argv: readonly string[]): string | undefined {
  const typed = argv
    .map((word) => word.split('=')[0] ?? '')
    .find((word) => word !== option && /^--/.test(word) && nearest(word, [option]) !== undefined);
  return typed === undefined ? undefined : `Did you mean ${option} instead of ${typed}?`;
}

function isId(word: string): boolean {
  try {
    return Timestamp.parse(word) instanceof Timestamp;
  } catch (error) {
    if (error instanceof InvalidTimestampError) return false;
    throw error;
  }
}
