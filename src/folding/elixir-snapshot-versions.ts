import type { Definition } from '../aggregate/definition/definition.js';
import type { Interop } from '../store/commit/interop.js';

/** The fault in definitions whose snapshots an Elixir application would misread, and the remedy; nothing when there is none. */
export function elixirVersionFault(
  aggregates: readonly Definition[],
  interop: Interop | undefined,
): { readonly found: string; readonly remedy: string } | undefined {
  const names = aggregates.filter(({ snapshot }) => snapshot.version !== undefined).map(({ name }) => name);
  if (interop === undefined || names.length === 0) return undefined;
  return {
    found: `with interop '${interop}', openAggregates() refuses ${names.join(', ')}: a \`snapshot.version\` is set`,
    remedy: 'Leave `snapshot.version` out: an Elixir application takes such a snapshot for the state itself.',
  };
}
