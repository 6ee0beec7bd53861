import type { CarriedOutCommand } from '../store.js';
import { query } from '../read/rows.js';
import type { CommitContext } from './commit-context.js';
import type { NewCommand } from './commit-content.js';

/** The command that was carried out under an id, if one was and is remembered. */
export async function storedCommand(
  { knex, statements }: Pick<CommitContext, 'knex' | 'statements'>,
  { aggregateId, commandId }: Pick<NewCommand, 'aggregateId' | 'commandId'>,
): Promise<CarriedOutCommand | undefined> {
  const bindings = [aggregateId.encode(), commandId];
  const [row] = await query<[string, number, number]>(knex, statements.selectCommand, bindings);
  if (row === undefined) return undefined;
  const [digest, firstSequence, lastSequence] = row;
  return { digest, firstSequence, lastSequence };
}
