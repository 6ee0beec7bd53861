import type { Invocation } from '../../../../invocation.js';
import { runIndexChange } from '../run-index-change.js';
import type { IndexCommandOptions } from '../index-options.js';

/** Drops an index, or prints the SQL that would. */
export async function run(options: IndexCommandOptions, invocation: Invocation): Promise<void> {
  await runIndexChange(options, invocation, {
    change: 'drop',
    outcome: 'dropped',
    nothing: 'there is no such index: nothing to do',
  });
}
