import { allStoredTypes } from '../../../aggregate/definition/event-names.js';
import type { CliContext } from '../../context.js';
import { loadConfiguration } from '../../input/load-configuration.js';

/** Options whose values come from the configuration file. */
const OPTIONS = ['--aggregate', '--type'];
/** Directive for the scripts: offer nothing else, not even files. */
const NO_FILES = ':4';

/**
 * The values for the last word when it is the name of a configured aggregate or a type of its events; `undefined` for other
 * words. A configuration that cannot be loaded gives no values, because an error could not be shown.
 */
export async function configuredValues(
  words: readonly string[],
  { workingDirectory }: Pick<CliContext, 'workingDirectory'>,
): Promise<string[] | undefined> {
  const [option = '', typed = ''] = words.slice(-2);
  if (!OPTIONS.includes(option)) return undefined;
  const file = words[words.indexOf('--config') + 1];
  try {
    const { aggregates = [] } = await loadConfiguration(
      words.includes('--config') ? file : undefined,
      workingDirectory,
    );
    const values = aggregates.flatMap((definition) =>
      option === '--type' ? allStoredTypes(definition) : [definition.name],
    );
    return [...[...new Set(values)].filter((value) => value.startsWith(typed)), NO_FILES];
  } catch {
    return [NO_FILES];
  }
}
