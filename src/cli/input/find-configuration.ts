import { existsSync, readdirSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { ConfigurationError } from '../../connection/errors.js';
import { editDistance } from '../../nearest.js';

/** The forms of a configuration file that are loaded. */
const FORMS = ['ts', 'mts', 'js', 'mjs', 'json'];
const NAMES = FORMS.map((form) => `maestro.config.${form}`);
const WRITTEN = `maestro.config.{${FORMS.join(',')}}`;

/** Endings that configuration files of other tools have. */
const OTHER_FORM = /^(?:\.(?:[cm]?[jt]sx?|json[c5]?|ya?ml|toml|ini|conf|cfg|xml))?$/i;
/** Other names that configuration files of other tools have, without their punctuation. */
const OTHER_STEM = /^maestro(?:rc|conf|cfg|configuration)$/;

/**
 * The configuration file of a folder, if there is one. Throws {@link ConfigurationError} for two of them, and for a file
 * that was most likely meant as one but is not loaded: one of another form, or with a mistyped name.
 */
export function findConfiguration(folder: string): string | undefined {
  const files = filesOf(folder);
  const found = NAMES.filter((name) => files.includes(name));
  const meant = files.find((name) => !NAMES.includes(name) && isMeant(name));
  const [first, second = meant] = found;
  if (first !== undefined && second !== undefined)
    throw new ConfigurationError(`There are two configuration files, ${join(folder, first)} and ${second}.`, {
      hint: 'Remove or rename one of them, or name the one that is meant with --config.',
    });
  if (meant !== undefined)
    throw new ConfigurationError(`${join(folder, meant)} looks like a configuration file, but is not loaded.`, {
      hint: `Name it ${WRITTEN} and write it as such, or name it with --config if it is JavaScript, TypeScript or JSON.`,
    });
  return first === undefined ? undefined : join(folder, first);
}

/**
 * Sees to it that the embedded database is not taken below a project that says which database is its own: throws
 * {@link ConfigurationError} for a configuration file in a folder above, as far as the same repository reaches.
 */
export function assertNoConfigurationAbove(folder: string): void {
  const above = dirname(folder);
  if (above === folder || existsSync(join(folder, '.git')) || findConfiguration(folder) !== undefined) return;
  const found = NAMES.map((name) => join(above, name)).find((file) => existsSync(file));
  if (found === undefined) return assertNoConfigurationAbove(above);
  throw new ConfigurationError(`No database is named here, and ${found} of a folder above is not read.`, {
    hint: `Add --config ${found}, go to its folder, or name the folder of the embedded database (--data-dir).`,
  });
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
