import { InvalidArgumentError } from '../../../errors.js';
import { type Layout, partitioned } from '../../layout/layout.js';
import { type MigrateOptions, resolveMigrateOptions } from '../migrate-options.js';

/** Options of a change of the layout. */
export interface LayoutOptions extends Pick<MigrateOptions, 'schema' | 'lockTimeout'> {
  /** Number of hash partitions, 1 to 1024; 1 is the plain table. */
  readonly partitions: number;
  /** Called before each step of the work, with a few words, and while events are copied with their number so far. */
  readonly onStep?: ((what: string, copied?: number) => void) | undefined;
}

/** The options with their defaults. */
export interface ResolvedOptions {
  readonly schema: string;
  readonly target: Layout;
  /** Longest wait for a lock or for readers, in milliseconds. */
  readonly lockTimeout: number;
  readonly onStep: LayoutOptions['onStep'];
}

/** The options with their defaults. Throws {@link InvalidArgumentError} for one that makes no sense. */
export function resolveLayoutOptions({ onStep, ...options }: LayoutOptions): ResolvedOptions {
  const { schema, lockTimeout } = resolveMigrateOptions(options);
  if (typeof options.partitions !== 'number')
    throw new InvalidArgumentError('partitions is missing.', {
      hint: 'Write how many there are to be; 1 is the plain table.',
    });
  return { schema, target: partitioned(options.partitions), lockTimeout, onStep };
}
