import { type ComparisonBound, comparePositions } from '../../../admin/diagnose/compare-positions.js';
import type { CopyFacts, CopyStatus } from '../../../projection/status/copy-status.js';
import { statusOf } from '../../../projection/status/read-status.js';
import type { PositionLag } from '../../../store/positions/lag-slices.js';
import type { UiContext } from '../../context.js';

/** Distances of copies from the log. */
export interface Distances {
  readonly states: readonly CopyStatus[];
  /** The part of the log that they were compared with, in words; absent when it was all of it. */
  readonly part?: string | undefined;
}

const NONE: PositionLag = { aggregatesBehind: 0, eventsBehind: 0, ahead: 0 };

/** Compares copies with the log, or with as much of it as the bound allows. */
export async function distances(
  { log, schema }: Pick<UiContext, 'log' | 'schema'>,
  facts: readonly CopyFacts[],
  bound: ComparisonBound,
): Promise<Distances> {
  const following = facts.filter(({ copy }) => copy.status !== 'retired').map(({ copy }) => copy.id);
  const { lags, part } = await comparePositions(log, following, bound);
  const all = new Map(facts.map(({ copy: { id } }) => [id, lags.get(id) ?? NONE]));
  const states = await statusOf(log.knex, schema, facts, all);
  // Only from all of the log follows that a copy is filled.
  return part === undefined ? { states } : { states: states.map((state) => ({ ...state, waitsFor: [] })), part };
}
