import { storeError } from '../../failures/database-errors.js';
import type { TakenTurn } from '../../store.js';
import type { CommitContext } from '../commit-context.js';
import { prepareProjections } from '../whole-commit.js';
import { quickTurn } from './quick-turn.js';
import { withRoomForTurn } from './room-for-turns.js';
import { type AskedTurn, DecisionError } from './turn.js';
import { wholeTurn } from './whole-turn.js';

/**
 * Waits for the turn at an aggregate, decides on what is in the log then, and commits it, all in one transaction, which keeps others that ask for
 * a turn waiting. `undefined` when the turn did not come, or ended with its connection before anything was sent in it: then nothing was
 * committed. Throws what `decide` throws, as it is, and what a commit throws.
 */
export async function commitInTurn<Row>(context: CommitContext, asked: AskedTurn<Row>): Promise<TakenTurn | undefined> {
  const { functions, positioned } = asked.projections;
  const isPlain = functions.length === 0 && positioned.length === 0 && !context.verifyWrites;
  return await withRoomForTurn(context, async () => {
    try {
      await prepareProjections(context, asked.projections);
      const quick = isPlain ? await quickTurn(context, asked) : 'more';
      return quick === 'more' ? await wholeTurn(context, asked) : quick;
    } catch (error) {
      throw error instanceof DecisionError ? error.cause : storeError(error);
    }
  });
}
