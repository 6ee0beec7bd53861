import { existsSync, readdirSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { ConfigurationError } from '../../connection/errors.js';
import { editDistance } from '../../nearest.js';

/** File extensions of configuration files. */
const FORMS = ['ts', 'mts', 'js', 'mjs', 'json'];
const NAMES = FORMS.map((form) => `maestro.config.${form}`);
const WRITTEN = `maestro.config.{${FORMS.join(',')}}`;

/** Extensions of configuration files of other tools. */
const OTHER_FORM = /^(?:\.(?:[cm]?[jt]sx?|json[c5]?|ya?ml|toml|ini|conf|cfg|xml))?$/i;
/** Names that other tools would give to a configuration file, without punctuation. */
const OTHER_STEM = /^maestro(?:rc|conf|cfg|configuration)$/;

/**
 * The path of the configuration file in a folder, if there is one. Throws {@link ConfigurationError} for two of them, and
 * for a file that is probably meant as one but is not loaded, because of its extension or a mistyped name.
 */
export function findConfiguration(folder: string): string | undefined {
  const files = filesOf(folder);
  const found = NAMES.filter((name) => files.includes(name));
  const meant = files.find((name) => !NAMES.includes(name) && isMeant(name));
  const [first, second = meant] = found;
  if (first !== undefined && second !== undefined)
    throw new ConfigurationError(`There are two configuration files, ${join(folder, first)} and ${second}.`, {
      hint: 'Remove or rename one of them, or choose one with --config.',
    });
  if (meant !== undefined)
    throw new ConfigurationError(
      `${join(folder, meant)} looks like a configuration file, but has a name that is not loaded.`,
      {
        hint: `Rename it to ${WRITTEN}. If it is JavaScript, TypeScript or JSON, you can also name it with --config.`,
      },
    );
  return first === undefined ? undefined : join(folder, first);
}

/**
 * Throws {@link ConfigurationError} when a folder above, within the same repository, has a configuration file: it may name
 * the database of the project, so the embedded one would be the wrong default.
 */
export function assertNoConfigurationAbove(folder: string): void {
  const above = dirname(folder);
  if (above === folder || existsSync(join(folder, '.git')) || findConfiguration(folder) !== undefined) return;
  const found = NAMES.map((name) => join(above, name)).find((file) => existsSync(file));
  if (found === undefined) return assertNoConfigurationAbove(above);
  throw new ConfigurationError(
    `No database is named, and the configuration file ${found} is not read, because it is in a folder above.`,
    {
      hint: `Add --config ${found}, change to its folder, or name the folder of the embedded database (--data-dir).`,
    },
  );
}

function filesOf(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map(({ name }) => name);
  } catch {
    // A folder that cannot be listed may still have files that can be read.
    return NAMES.filter((name) => existsSync(join(folder, name)));
  }
}

function isMeant(name: string): boolean {
  const form = /\.config$/i.test(name) ? '' : extname(name);
  if (!OTHER_FORM.test(form) || /\.d\.[cm]?ts$/.test(name)) return false;
  const stem = name
    .slice(0, name.length - form.length)
    .toLowerCase()
    .replace(/[._-]/g, '');
  return OTHER_STEM.test(stem) || editDistance(stem, 'maestroconfig') <= 2;
}
