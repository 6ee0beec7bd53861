import { err, ok } from '../../../result.js';
import { driverOf } from '../../driver/driver-of.js';
import { isConnectionLost } from '../../driver/driver-error.js';
import { storeError } from '../../failures/database-errors.js';
import type { BetweenTurnsResult } from '../../store.js';
import type { CommitContent } from '../commit-content.js';
import type { CommitContext } from '../commit-context.js';
import { commitContent } from '../commit-events.js';
import { recoverCommit } from '../commit-recovery.js';
import { insertBetweenTurns } from '../forms/between-turns.js';
import { committedEvents } from '../validate.js';
import { hasTurns } from './room-for-turns.js';
import { turnKey } from './turn-keys.js';

/**
 * Commits one event and the command that it belongs to, unless somebody waits for a turn at its aggregate: in one statement, as without turns.
 * `undefined` when that does not do: for other commits, and where there are no turns.
 */
export async function commitBetweenTurns(
  context: CommitContext,
  content: CommitContent,
): Promise<BetweenTurnsResult | undefined> {
  const { events, command } = content;
  const [first] = events;
  if (first === undefined || events.length > 1 || context.verifyWrites || !(await hasTurns(context))) return undefined;
  const { knex, schema } = context;
  const key = turnKey(schema, first.event.aggregateId);
  const { statement, bindings } = insertBetweenTurns(schema, key, first, command);
  try {
    const { count } = await driverOf(knex).send(statement, bindings);
    return count === 1 ? ok(committedEvents(events)) : err('turn_awaited');
  } catch (error) {
    // Nothing was committed, and why that is so the same insert without a condition will tell.
    if (!isConnectionLost(error)) return await commitContent(context, content);
    try {
      return (await recoverCommit(context, content, 'again', error)) ?? ok(committedEvents(events));
    } catch (later) {
      throw storeError(later);
    }
  }
}
