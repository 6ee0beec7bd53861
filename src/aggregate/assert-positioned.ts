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
    throw new InvalidArgumentError(`projections must be a list of projections; got ${shown(projections)}.`, { hint });
  const names = new Set<string>();
  for (const projection of projections as readonly unknown[]) {
    if (typeof projection !== 'object' || projection === null || !(POSITIONED in projection))
      throw new InvalidArgumentError(`openAggregates() takes projections only, and got ${shown(projection)}.`, {
        hint: isKind(projection, 'subscription') ? 'Give it to runProjections().' : hint,
      });
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

function isKind(value: unknown, kind: string): value is { readonly name: string } {
  return typeof value === 'object' && value !== null && (value as { readonly kind?: unknown }).kind === kind;
}

/** Names the value that was given instead, in a few words: a definition is long. */
function shown(value: unknown): string {
  for (const kind of ['projection', 'subscription']) if (isKind(value, kind)) return `the ${kind} ${value.name}`;
  return inspect(value, { depth: 0, breakLength: Number.POSITIVE_INFINITY });
}
