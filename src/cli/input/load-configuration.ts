import { existsSync, readFileSync } from 'node:fs';
import { extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { MaestroConfig } from '../../configuration.js';
import { ConfigurationError } from '../../connection/errors.js';
import { isPlainObject } from '../../json/encode/plain-object.js';
import { findConfiguration } from './find-configuration.js';

const KEYS = ['connection', 'schema', 'dataDir', 'pooler', 'interop', 'aggregates', 'projections'];

/**
 * The configuration of a file, or of the `maestro.config.*` in the working directory; empty when there is none. TypeScript
 * is loaded without a build step. Throws {@link ConfigurationError} for a file that cannot be loaded or holds something else
 * than a configuration, and as {@link findConfiguration} does.
 */
export async function loadConfiguration(file: string | undefined, workingDirectory: string): Promise<MaestroConfig> {
  const path = file === undefined ? findConfiguration(workingDirectory) : resolve(workingDirectory, file);
  if (path === undefined) return {};
  if (!existsSync(path)) throw new ConfigurationError(`There is no configuration file ${path}.`);
  const loaded = await load(path).catch((cause: unknown) => {
    throw new ConfigurationError(`The configuration file ${path} cannot be loaded: ${reasonOf(cause)}`, {
      hint: hintFor(cause, path),
      cause,
    });
  });
  return await checked(loaded, path);
}

async function load(path: string): Promise<unknown> {
  switch (extname(path)) {
    case '.json':
      return await parseJson(readFileSync(path, 'utf8'));
    case '.ts':
    case '.cts':
    case '.mts': {
      // A compiler, and all of the library: only for a file that needs them.
      const { createJiti } = await import('jiti');
      // No cache on the disk: the file may hold a password. The package is at hand also where it is not installed.
      const jiti = createJiti(import.meta.url, {
        fsCache: false,
        virtualModules: { 'maestro-store': await import('../../index.js') },
      });
      const module = await jiti.import<{ default?: unknown }>(path);
      // Asked for, the default export of a module that has none would be the module.
      return 'default' in module ? module.default : undefined;
    }
    case '.yaml':
    case '.yml':
    case '.toml':
    case '.jsonc':
    case '.json5':
      throw new Error(`a configuration file cannot be ${extname(path)}; write it as .ts, .mts, .js, .mjs or .json`);
    default: {
      const module = (await import(pathToFileURL(path).href)) as { default?: unknown };
      return module.default;
    }
  }
}

/** The message of an error on one line; of the `Require stack` of a missing module only the file that imports it. */
function reasonOf(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  const [message = '', stack = ''] = text.split(/\s*^Require stack:\s*/m);
  const importer = /^- (.+)$/m.exec(stack)?.[1];
  return `${message}${importer === undefined ? '' : ` imported from ${importer}`}`.replace(/\s+/g, ' ').trim();
}

function hintFor(cause: unknown, path: string): string | undefined {
  if (!(cause instanceof Error)) return undefined;
  const { code } = cause as { code?: unknown };
  if (code === 'MODULE_NOT_FOUND' || code === 'ERR_MODULE_NOT_FOUND')
    return 'Check the path in the import, with its file extension; a package must be installed in the project of the configuration file.';
  if (/^ParseError\b/.test(cause.message)) return 'Fix the syntax at the file, line and column in the message.';
  if (cause instanceof SyntaxError)
    return `Fix the syntax. \`node --check ${path}\` shows where, if the mistake is in this file.`;
  return undefined;
}

/** Parses JSON with errors that do not quote the text, as those of JSON.parse do: it may hold a password. */
async function parseJson(text: string): Promise<unknown> {
  try {
    return JSON.parse(text);
  } catch {
    const place = await placeOf(text);
    throw new Error(`it is not valid JSON${place === undefined ? '' : `: the mistake is at ${place}`}`);
  }
}

/** Line and column of the mistake in a JSON text, for which JSON.parse does not always give a position. */
async function placeOf(text: string): Promise<string | undefined> {
  // Only for the mistake.
  const { parse } = await import('lossless-json');
  try {
    parse(text);
    return undefined;
  } catch (error) {
    const position = /at position (\d+)/.exec((error as Error).message)?.[1];
    if (position === undefined) return undefined;
    const before = text.slice(0, Number(position)).split('\n');
    return `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
  }
}

async function checked(value: unknown, path: string): Promise<MaestroConfig> {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !isPlainObject(value))
    throw new ConfigurationError(`The configuration file ${path} exports no configuration.`, {
      hint: 'End it with `export default defineConfig({ … })`.',
    });
  for (const [key, setting] of Object.entries(value)) {
    if (!KEYS.includes(key))
      throw new ConfigurationError(`The configuration file ${path} has the unknown key ${JSON.stringify(key)}.`, {
        hint: `The keys are ${KEYS.join(', ')}.`,
      });
    if (key === 'aggregates') await assertAggregates(setting, path);
    else if (key === 'projections') await assertProjections(setting, path);
    else if (setting !== undefined && typeof setting !== 'string')
      throw new ConfigurationError(`In the configuration file ${path}, ${key} is not a string.`, {
        hint:
          key === 'connection'
            ? 'Write the URL of a server as a string, such as postgres://user:password@host:5432/database'
            : 'Write it in quotation marks.',
      });
  }
  return value;
}

async function assertAggregates(value: unknown, path: string): Promise<void> {
  // Whoever configures aggregates has loaded this already.
  const { isAggregate } = await import('../../aggregate/definition/define-aggregate.js');
  if (!Array.isArray(value) || !value.every(isAggregate))
    throw new ConfigurationError(`In the configuration file ${path}, aggregates is not a list of aggregates.`, {
      hint: 'Make each with `defineAggregate({ … })`. If one is undefined, modules may import each other in a circle.',
    });
  assertDifferentNames(value, path, 'aggregates');
}

async function assertProjections(value: unknown, path: string): Promise<void> {
  const { isProjection } = await import('../../projection/definition.js');
  if (!Array.isArray(value) || !value.every(isProjection))
    throw new ConfigurationError(
      `In the configuration file ${path}, projections is not a list of projections and subscriptions.`,
      {
        hint: 'Make each with `defineProjection({ … })` or `defineSubscription({ … })`. If one is undefined, modules may import each other in a circle.',
      },
    );
  assertDifferentNames(value, path, 'projections');
}

function assertDifferentNames(list: readonly { readonly name: string }[], path: string, what: string): void {
  const names = list.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined)
    throw new ConfigurationError(`In the configuration file ${path}, two ${what} have the name ${twice}.`);
}
