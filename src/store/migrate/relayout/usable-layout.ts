import { isOnCitus, type Layout, layoutText } from '../../layout/layout.js';
import { NotMigratedError } from '../../errors.js';
import type { Executor } from '../../read/rows.js';
import { LayoutChangeRefusedError } from '../migration-errors.js';
import { assertUsableState, layoutOf, readMigrationState } from '../migration-state.js';

/** The layout of a sound event log. Throws where there is none, and on a Citus cluster, which has ways of its own. */
export async function usableLayout(on: Executor, schema: string): Promise<Layout> {
  const state = await readMigrationState(on, schema);
  assertUsableState(state, undefined);
  const layout = layoutOf(state);
  if (layout === undefined) throw new NotMigratedError(`There is no event log in schema ${schema}.`);
  if (isOnCitus(layout))
    throw new LayoutChangeRefusedError([layoutText(layout)], {
      hint: 'Citus changes the shards of a table itself, while it is used: alter_distributed_table, citus_split_shard_by_split_points. Nothing was changed.',
    });
  return layout;
}
