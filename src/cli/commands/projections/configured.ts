import { didYouMean } from '../../../nearest.js';
import type { AnyProjection, ReadModelDefinition } from '../../../projection/definition.js';
import { UsageError } from '../../errors.js';
import type { Invocation } from '../../invocation.js';

const CONFIGURE =
  'List them in maestro.config.ts: `export default defineConfig({ projections: [ … ] })`; see docs/read-models.md.';

/**
 * The configured projections and subscriptions of these names, or all when none is named. Throws {@link UsageError} when there are
 * none, and for a name that is not configured.
 */
export async function configuredProjections(
  invocation: Invocation,
  names: readonly string[] = [],
): Promise<readonly AnyProjection[]> {
  const { projections = [] } = await invocation.configuration();
  if (projections.length === 0)
    throw new UsageError(`${invocation.purpose} needs the handlers of projections, but none are configured.`, {
      hint: CONFIGURE,
    });
  const known = projections.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new UsageError(`No projection and no subscription ${JSON.stringify(unknown)} is configured.`, {
      hint: `${didYouMean(unknown, known)} Those that are configured: ${known.join(', ')}.`.trim(),
    });
  return names.length === 0 ? projections : projections.filter(({ name }) => names.includes(name));
}

/** The configured projection of a name. Throws {@link UsageError} when there is none, and for a subscription. */
export async function configuredReadModel(invocation: Invocation, name: string): Promise<ReadModelDefinition> {
  const [found] = await configuredProjections(invocation, [name]);
  if (found?.kind === 'projection') return found;
  throw new UsageError(`${name} is a subscription, which has no tables.`, {
    hint: 'Name a projection.',
  });
}
