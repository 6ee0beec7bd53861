import { eraseAggregate } from '../../../admin/erase-aggregate/erase-aggregate.js';
import { EraseRefusedError } from '../../../admin/erase-aggregate/errors.js';
import { type Erasure, type ErasurePlan, planErasure } from '../../../admin/erase-aggregate/plan-erasure.js';
import type { Definition } from '../../../aggregate/definition/definition.js';
import type { Database } from '../../../connection/database.js';
import { NotFoundError } from '../../errors.js';
import type { Invocation } from '../../invocation.js';
import { type ErasureTrial, tryErasure } from './erasure-trial.js';

/** The plan of an erasure, executed or not, and its trial, which is absent without a definition. */
export interface TriedErasure {
  readonly plan: ErasurePlan;
  readonly trial: ErasureTrial | undefined;
}

/** Options for trying and executing an erasure. */
interface ErasureOptions {
  readonly execute?: boolean;
  readonly expect?: number;
  readonly force?: boolean;
}

/** Largest number of attempts when others append to the history while it is folded. */
const ATTEMPTS = 10;

/** Plans an erasure and folds the rest with the handlers; with `execute` it erases exactly the history that was folded. */
export async function triedErasure(
  database: Database,
  erasure: Erasure,
  definition: Definition | undefined,
  { execute = false, expect, force = false }: ErasureOptions,
  { options }: Invocation,
): Promise<TriedErasure> {
  for (let attempt = 1; ; attempt += 1) {
    const plan = await planErasure(database, erasure);
    assertSomething(erasure, plan);
    const trial = definition && (await tryErasure(database, erasure, definition, { force, execute }));
    if (!execute) return { plan, trial };
    const expected = expect ?? (trial && plan.sequence);
    try {
      const erased = await eraseAggregate(database, erasure, {
        expect: expected,
        lockTimeout: options.timeout,
        leaveReadModels: force,
      });
      return { plan: erased, trial };
    } catch (error) {
      const mayBeNewer = expect === undefined && trial !== undefined && attempt < ATTEMPTS;
      if (!mayBeNewer || !(error instanceof EraseRefusedError)) throw error;
      if ((await planErasure(database, erasure)).sequence === plan.sequence) throw error;
    }
  }
}

/** Throws {@link NotFoundError} when there is nothing to erase, so that a wrong id or path does not look like a success. */
function assertSomething({ aggregateId: { hex }, paths, replacements = {} }: Erasure, plan: ErasurePlan): void {
  if (plan.sequence === 0 && plan.snapshot === undefined && plan.commands === 0)
    throw new NotFoundError(`There is no aggregate ${hex}: neither events nor a snapshot.`, {
      hint: 'Check the id, the database (--url, --data-dir) and the schema (--schema).',
    });
  const absent = paths === undefined ? undefined : plan.paths.find(({ events }) => events === 0)?.path;
  if (absent === undefined) return;
  const problem = Object.hasOwn(replacements, absent)
    ? `No event of ${hex} has another value at ${absent} than that of --replace.`
    : `No event of ${hex} has a value at ${absent}.`;
  throw new NotFoundError(problem, {
    hint: `Nothing was changed. See the bodies with \`maestro events ${hex}\`.`,
  });
}
