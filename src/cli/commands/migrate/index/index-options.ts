import { InvalidArgumentError } from 'commander';
import { CORRELATION_KEY } from '../../../../events.js';
import { InvalidArgumentError as InvalidValueError } from '../../../../errors.js';
import { checkIndexedKey } from '../../../../store/migrate/metadata-index/index-name.js';
import { seconds } from '../../../input/arguments.js';

/** The option for the key of metadata: flags, description, parser and default. */
export const METADATA = ['--metadata <key>', 'the key of the metadata', indexedKey, CORRELATION_KEY] as const;

/** The option that shows the SQL only: flags and description. */
export const DRY_RUN = ['--dry-run', 'print the SQL, and run nothing'] as const;

/** The option for the longest wait for locks: flags, description and parser. */
export const INDEX_LOCK_TIMEOUT = [
  '--lock-timeout <seconds>',
  'how long to wait for another index command, or for a lock on a table (default: 60)',
  seconds,
] as const;

/** The options of the commands that change an index. */
export interface IndexCommandOptions {
  /** The key of the metadata. */
  readonly metadata: string;
  readonly dryRun?: boolean;
  /** Milliseconds. */
  readonly lockTimeout?: number;
}

function indexedKey(text: string): string {
  try {
    return checkIndexedKey(text);
  } catch (error) {
    if (!(error instanceof InvalidValueError)) throw error;
    throw new InvalidArgumentError(`cannot be indexed. ${error.hint ?? ''}`);
  }
}
