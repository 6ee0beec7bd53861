import { inspect } from 'node:util';
import { InvalidArgumentError } from '../errors.js';
import { type PositionedProjection, POSITIONED } from '../store/commit/positioned-projection.js';
import type { Definition } from './definition/definition.js';

/** Throws {@link InvalidArgumentError} for projections that cannot take in the events of an aggregate's commands. */
export function assertPositioned(
  definition: Definition,
  projections: unknown,
): asserts projections is PositionedProjection[] {
  if (!Array.isArray(projections))
    throw new InvalidArgumentError(`projections must be an array of projections; got ${inspect(projections)}.`, {
      hint,
    });
  const names = new Set<string>();
  for (const projection of projections as readonly unknown[]) {
    if (typeof projection !== 'object' || projection === null || !(POSITIONED in projection))
      throw new InvalidArgumentError(
        `openAggregates() cannot run this projection: ${inspect(projection, { depth: 0 })}.`,
        {
          hint,
        },
      );
    const { name, from } = projection as PositionedProjection & { readonly from: readonly Definition[] };
    if (names.has(name)) throw new InvalidArgumentError(`The projection ${name} is given twice.`);
    names.add(name);
    if (!from.includes(definition))
      throw new InvalidArgumentError(`The projection ${name} is not made of the events of ${definition.name}.`, {
        hint: 'Write the aggregate into its `from`, or leave the projection out here.',
      });
  }
}

const hint =
  'Write `projections: [owners]`, with what defineProjection() returned. Functions go into the definition of the aggregate.';
