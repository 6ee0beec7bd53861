import { type Command, InvalidArgumentError, Option } from 'commander';
import { CORRELATION_KEY } from '../../../../events.js';
import { InvalidArgumentError as InvalidValueError } from '../../../../errors.js';
import { checkIndexedKey } from '../../../../store/migrate/log-index/metadata-index.js';
import { indexedPath } from '../../../../store/migrate/log-index/path-index.js';
import { seconds } from '../../../input/arguments.js';

/** The options of the commands that change an index. */
export interface IndexCommandOptions {
  /** The key of the metadata; counts only without a path. */
  readonly metadata: string;
  /** The keys that lead to a value in bodies. */
  readonly where?: readonly string[];
  readonly dryRun?: boolean;
  /** Milliseconds. */
  readonly lockTimeout?: number;
}

/** Adds {@link IndexCommandOptions} to a command. */
export function withIndexOptions(command: Command): Command {
  const key = new Option('--metadata <key>', 'the key of the metadata').argParser(parsed(checkIndexedKey));
  const path = new Option(
    '--where <path>',
    "a value in bodies, such as '$.customer', instead of a key of the metadata",
  );
  return command
    .addOption(key.default(CORRELATION_KEY).conflicts('where'))
    .addOption(path.argParser(parsed(indexedPath)))
    .option('--dry-run', 'print the SQL, and run nothing')
    .option(
      '--lock-timeout <seconds>',
      'how long to wait for another index command, or for a lock on a table (default: 60)',
      seconds,
    );
}

function parsed<Value>(parse: (text: string) => Value): (text: string) => Value {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof InvalidValueError)) throw error;
      throw new InvalidArgumentError(`cannot be indexed. ${error.hint ?? ''}`);
    }
  };
}
