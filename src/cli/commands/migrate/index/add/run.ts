import { addMetadataIndex } from '../../../../../store/migrate/metadata-index/change-index.js';
import type { Invocation } from '../../../../invocation.js';
import { changeIndex } from '../change-index.js';
import type { IndexCommandOptions } from '../index-options.js';

/** Makes an index, or prints the SQL that would. */
export async function run(options: IndexCommandOptions, invocation: Invocation): Promise<void> {
  await changeIndex(options, invocation, {
    change: 'add',
    outcome: 'added',
    nothing: 'the index is there already: nothing to do',
    work: addMetadataIndex,
  });
}
