import { aProgram, leavesOf } from '../../../scripts/support/program.js';

/** Values that the sample command lines name. */
export interface Named {
  /** Aggregate with three events or more, in whose bodies `n` counts them. */
  readonly id: string;
  /** Timestamp of an event. */
  readonly timestamp: string;
  /** File with an export. */
  readonly file: string;
  /** Name of an aggregate in the configuration. */
  readonly aggregate: string;
}

/** Correlation id of an event. */
export const SAMPLE_CORRELATION = 'work-1';

/** Arguments by the words of a command. */
export type Samples = Readonly<Record<string, readonly string[]>>;

/** Arguments for every command that only reads. */
export function readingCommands({ id, timestamp }: Named): Samples {
  return {
    events: [id],
    replay: [id],
    step: [id],
    diff: [id, '1', 'last'],
    bisect: [id, '--where', '$.n == 2'],
    'snapshot get': [id],
    'snapshot verify': [id],
    aggregates: [],
    search: ['--limit', '500'],
    event: [timestamp],
    trace: [SAMPLE_CORRELATION],
    tail: ['-n', '500'],
    stats: ['--by', 'type'],
    types: [],
    verify: [id],
    check: [],
    export: [id],
    'migrate status': [],
    'migrate sql': [],
    'commands list': [id],
    'migrate index list': [],
    'projections status': [],
    doctor: [],
    ui: ['--port', '0', '--no-open'],
  };
}

/** Arguments for every command that writes, in an order in which each has something to do. */
export function writingCommands({ id, file, aggregate }: Named): Samples {
  return {
    'migrate up': [],
    append: [id, '--type', 'happened', '--body', '{"n": 4}'],
    'snapshot put': [id, '--sequence', '3', '--body', '{"n": 99}'],
    'snapshot create': [id, '--aggregate', aggregate],
    'snapshot delete': [id, '--reason', 'asked to', '--execute'],
    import: ['--file', file],
    'commands prune': ['--older-than', '30d', '--execute'],
    erase: [id, '--reason', 'asked to', '--execute'],
    'migrate index add': [],
    'migrate index drop': [],
    'migrate layout': ['--partitions', '2', '--execute'],
    'migrate rollback': ['--discard-all-events'],
  };
}

/** Commands that use no database. */
export const WITHOUT_DATABASE: readonly string[] = ['id new', 'id show', 'completion'];

/**
 * Commands that need a projection with tables of its own, for which an application decides where they are; what every command has to
 * do is tested for them in `test/cli/commands/projections/`.
 */
export const OF_PROJECTIONS: readonly string[] = [
  'projections run',
  'projections rebuild',
  'projections verify',
  'projections retry',
  'projections skip',
  'projections drop',
];

const NOBODY: Named = { id: '', timestamp: '', file: '', aggregate: '' };

/** Words of every command in the catalogue. */
export const CATALOGUE: readonly string[] = [
  ...Object.keys(readingCommands(NOBODY)),
  ...Object.keys(writingCommands(NOBODY)),
  ...OF_PROJECTIONS,
  ...WITHOUT_DATABASE,
];

/** Words of every command that the program has. */
export function commandsOfTheProgram(): string[] {
  return leavesOf(aProgram());
}

/** Commands of the catalogue that none of some command lines runs, the words of a line being its first arguments. */
export function notAmong(lines: readonly (readonly string[])[]): string[] {
  const given = lines.map((line) => `${line.join(' ')} `);
  return CATALOGUE.filter((words) => !given.some((line) => line.startsWith(`${words} `)));
}
