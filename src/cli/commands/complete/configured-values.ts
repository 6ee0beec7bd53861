import { allStoredTypes } from '../../../aggregate/definition/event-names.js';
import type { MaestroConfig } from '../../../configuration.js';
import type { CliContext } from '../../context.js';
import { loadConfiguration } from '../../input/load-configuration.js';

/** Options whose values come from the configuration file. */
const OPTIONS = ['--aggregate', '--type'];
/** Directive for the scripts: offer nothing else, not even files. */
const NO_FILES = ':4';

/** Commands whose arguments are names of projections, with how many of them they take. */
const NAMING: Readonly<Record<string, number>> = {
  status: 1,
  run: Number.POSITIVE_INFINITY,
  rebuild: 1,
  verify: 1,
  retry: 1,
  skip: 1,
  drop: 1,
};

/**
 * The values for the last word when it is the name of a configured aggregate or projection, or a type of events; `undefined` for
 * other words. A configuration that cannot be loaded gives no values, because an error could not be shown.
 */
export async function configuredValues(
  words: readonly string[],
  { workingDirectory }: Pick<CliContext, 'workingDirectory'>,
): Promise<string[] | undefined> {
  const valuesOf = choice(words);
  if (valuesOf === undefined) return undefined;
  const typed = words.at(-1) ?? '';
  const file = words[words.indexOf('--config') + 1];
  try {
    const config = await loadConfiguration(words.includes('--config') ? file : undefined, workingDirectory);
    return [...[...new Set(valuesOf(config))].filter((value) => value.startsWith(typed)), NO_FILES];
  } catch {
    return [NO_FILES];
  }
}

/** The values of a configuration that the last word may have; `undefined` when it is something else. */
function choice(words: readonly string[]): ((config: MaestroConfig) => string[]) | undefined {
  const [option = '', typed = ''] = words.slice(-2);
  if (OPTIONS.includes(option))
    return ({ aggregates = [] }) =>
      aggregates.flatMap((definition) => (option === '--type' ? allStoredTypes(definition) : [definition.name]));
  const at = words.indexOf('projections');
  const command = words[at + 1] ?? '';
  if (at < 0 || !Object.hasOwn(NAMING, command) || typed.startsWith('-')) return undefined;
  const before = words.slice(at + 2, -1);
  // What follows an option may be its value.
  if (words.length < at + 3 || before.some((word) => word.startsWith('-'))) return undefined;
  if (before.length >= (NAMING[command] ?? 0)) return undefined;
  return ({ projections = [] }) => projections.map(({ name }) => name);
}
