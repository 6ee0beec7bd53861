import { dropMetadataIndex } from '../../../../../store/migrate/metadata-index/change-index.js';
import type { Invocation } from '../../../../invocation.js';
import { changeIndex } from '../change-index.js';
import type { IndexCommandOptions } from '../index-options.js';

/** Drops an index, or prints the SQL that would. */
export async function run(options: IndexCommandOptions, invocation: Invocation): Promise<void> {
  await changeIndex(options, invocation, {
    change: 'drop',
    outcome: 'dropped',
    nothing: 'there is no such index: nothing to do',
    work: dropMetadataIndex,
  });
}
