import type { Knex } from 'knex';
import type { JsonObject, NumberMode } from '../../../json/types.js';
import { bodyReader } from '../../read/body-readers.js';
import { eventSelection } from '../../read/event-query.js';
import { eventOf, type HistoryRow } from '../../read/rows.js';
import { checkedLimit, sequenceRange } from '../../read/sequence-range.js';
import type { Statements } from '../../statements.js';
import type { AggregateReads, WantedTurn } from '../../store.js';
import { assertCommandId } from '../commit-content.js';
import type { Interop } from '../interop.js';
import { apartByKind } from '../positioned-projection.js';
import { encodeEvents } from '../validate.js';
import { NOTHING_MORE, readingFirst } from './reading-first.js';
import type { AskedTurn } from './turn.js';

/** The parts of a store that a turn is asked for with. */
interface TurnStore {
  readonly statements: Statements;
  readonly numbers: NumberMode;
  readonly interop: Interop | undefined;
  /** The reads of the store in a transaction. */
  readonly inside: (transaction: Knex.Transaction) => AggregateReads;
}

/** The turn in terms of rows and encoded events. */
export function askedTurn(
  { aggregateId, grace, read, projections, decide }: WantedTurn,
  { statements, numbers, interop, inside }: TurnStore,
): AskedTurn<HistoryRow<JsonObject>> {
  const { minSequence, options } = read;
  const range = sequenceRange(minSequence, options.maxSequence);
  const query = { aggregateId, range, limit: checkedLimit(options.limit) };
  return {
    aggregateId,
    grace,
    read: { ...eventSelection(statements, query), readBody: bodyReader(options.numbers ?? numbers) },
    projections: apartByKind(projections),
    decide: async (rows, transaction) => {
      const events = rows?.map((row) => eventOf(aggregateId, row));
      const reads = transaction === undefined ? NOTHING_MORE : inside(transaction);
      const decision = await decide(readingFirst(reads, read, events));
      if (decision === undefined) return undefined;
      if (decision.command !== undefined) assertCommandId(decision.command.commandId);
      return { command: decision.command, events: encodeEvents(decision.events, interop) };
    },
  };
}
