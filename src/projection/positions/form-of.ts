import type { Executor } from '../../store/driver/driver.js';
import { layoutAt } from '../../store/layout/read-layout.js';
import { traitsOf } from '../../store/layout/traits.js';
import { positionsAtOnce } from './at-once.js';
import { positionsInSteps } from './in-steps.js';
import type { PositionsForm } from './positions-form.js';

/** The statements for positions in the layout that the tables of a schema have. */
export async function positionsForm(on: Executor, schema: string): Promise<PositionsForm> {
  const { insertsBy } = traitsOf(await layoutAt(on, schema));
  return insertsBy === 'values' ? positionsInSteps(schema) : positionsAtOnce(schema);
}
