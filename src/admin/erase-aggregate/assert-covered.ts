import type { Timestamp } from '../../hlc/timestamp.js';
import { EraseRefusedError } from './errors.js';
import type { ErasurePlan } from './plan-erasure.js';
import type { ReachedProjection } from './read-models.js';

/** Throws {@link EraseRefusedError} for projections whose tables would keep what is erased. */
export function assertCovered({ hex }: Timestamp, { projections }: ErasurePlan): void {
  const kept = projections.filter(({ covered }) => !covered);
  if (kept.length === 0) return;
  const names = kept.map(
    ({ name, version, status }) => `${name} ${version}${status === 'retired' ? ' (replaced)' : ''}`,
  );
  throw new EraseRefusedError(
    `Projections have taken in events of ${hex}, and have no \`erased\` function or are not configured at this version: ${names.join(', ')}.`,
    {
      hint: [
        'Nothing was erased. Give them an `erased` function, and list them in the configuration file.',
        dropping(kept),
        ...(kept.some(({ status }) => status === 'retired')
          ? ['Tables that were replaced are dropped by a role that is a member of their owner.']
          : []),
        'Or erase from these tables yourself, and leave them out with --force; in code, with `leaveReadModels`.',
      ].join(' '),
    },
  );
}

/** The remedy for projections that no code has any more. */
export function dropping(projections: readonly ReachedProjection[]): string {
  const commands = [...new Set(projections.map(({ name }) => `\`maestro projections drop ${name}\``))];
  return `Remove those that the code no longer has: ${commands.join(', ')}.`;
}
