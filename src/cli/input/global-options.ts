import { type Command, Option } from 'commander';
import { seconds } from './arguments.js';

/** Values of `--output`: the form in which results are printed. */
export type OutputFormat = 'table' | 'json' | 'ndjson';

/** The options that every command takes. */
export interface GlobalOptions {
  readonly url?: string;
  readonly dataDir?: string;
  readonly schema?: string;
  readonly pooler?: string;
  readonly config?: string;
  /** True with `--read-only`, false with `--no-read-only`; absent: read-only unless the command writes. */
  readonly readOnly?: boolean;
  readonly output: OutputFormat;
  readonly color: 'auto' | 'always' | 'never';
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  /** Milliseconds. */
  readonly timeout?: number;
  /** False with `--no-input`. */
  readonly input: boolean;
  /** False with `--no-pager`. */
  readonly pager: boolean;
}

/** Declares the options that every command takes. */
export function addGlobalOptions(program: Command): void {
  program
    .option('--url <url>', 'PostgreSQL server (else MAESTRO_DATABASE_URL, DATABASE_URL, configuration, PGHOST)')
    .option(
      '--data-dir <folder>',
      'embedded database (default: .maestro/data, only when nothing names a database, and not in CI)',
    )
    .option('--schema <name>', 'schema of the tables (else MAESTRO_SCHEMA, configuration; default: public)')
    .option('--pooler <mode>', '"transaction" behind PgBouncer in transaction mode')
    .option('--read-only', 'make the database refuse all writes (the default of every command that only reads)')
    .option('--no-read-only', 'allow writes, even for a command that only reads')
    .option('--config <file>', 'configuration file (default: maestro.config.{ts,mts,js,mjs,json} here)')
    .addOption(
      new Option('-o, --output <format>', 'how to print results').choices(['table', 'json', 'ndjson']).default('table'),
    )
    .addOption(new Option('--color <when>', 'colour in tables').choices(['auto', 'always', 'never']).default('auto'))
    .option('-q, --quiet', 'print only ids')
    .option('-v, --verbose', 'show SQL, timings and details of errors on stderr')
    .option(
      '--timeout <seconds>',
      'how long to wait for a connection (default: 5), for each statement (no limit) and for the embedded database (10)',
      seconds,
    )
    .option('--no-input', 'never wait for input from a terminal')
    .option('--no-pager', 'print long output directly, not in a pager (MAESTRO_PAGER, PAGER, less)');
}

/** The global options of a command that was parsed. */
export function globalOptions(command: Command): GlobalOptions {
  return command.optsWithGlobals<GlobalOptions>();
}
