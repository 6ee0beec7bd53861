import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
// Old versions of Node.js have no parseEnv; by name, they could not import it, nor say that they are too old.
import util from 'node:util';
import type { Surroundings } from '../environment.js';
import { ConfigurationError } from '../errors.js';

/** The variables that name the database of the command line; the first that is set wins. */
export const URL_VARIABLES = ['MAESTRO_DATABASE_URL', 'DATABASE_URL'] as const;
/** The variables with which PostgreSQL's own programs name a server; their others only say how to connect to it. */
export const SERVER_VARIABLES = ['PGHOST', 'PGHOSTADDR', 'PGDATABASE', 'PGSERVICE'] as const;
/** Variables of PostgreSQL's own programs that say how to log in, but name no server. */
export const LOGIN_VARIABLES = ['PGUSER', 'PGPASSWORD', 'PGPORT', 'PGSSLMODE'] as const;
/** Variables that people set by mistake for {@link URL_VARIABLES}. */
const NOT_READ = ['MAESTRO_URL', 'MAESTRO_DB_URL', 'MAESTRO_DATA_DIR', 'POSTGRES_URL'];

/**
 * Throws {@link ConfigurationError} where the embedded database is probably not what was meant: when a variable that is not
 * read, or a file `.env`, names a database, in a CI job, and in production. `hint` says how to name a database. No message
 * shows a value.
 */
export function assertEmbeddedMayBeUsed(surroundings: Surroundings, hint: string): void {
  const { environment, workingDirectory } = surroundings;
  const ignored = NOT_READ.find((name) => environment[name] !== undefined);
  if (ignored !== undefined)
    throw new ConfigurationError(`No database is named: ${ignored} is set, but Maestro does not read it.`, { hint });
  const holding = Object.keys(environment).find((name) => isUrl(environment[name]));
  if (holding !== undefined)
    throw new ConfigurationError(
      `No database is named: ${holding} holds the URL of a PostgreSQL server, but Maestro does not read it.`,
      { hint: `If that server is meant, set DATABASE_URL to the same value. ${hint}` },
    );
  const named = workingDirectory === undefined ? undefined : namedByFile(workingDirectory);
  const how = named === undefined ? hint : `${loading(named.file)} ${hint}`;
  const unattended = unattendedBy(environment);
  if (unattended !== undefined)
    throw new ConfigurationError(
      `No database is named, and the embedded database is not the default when ${unattended} is set.${
        named === undefined ? '' : ` The file ${named.file} here sets ${named.variable}, but is not read.`
      }`,
      { hint: how },
    );
  if (named !== undefined)
    throw new ConfigurationError(
      `No database is named: the file ${named.file} here sets ${named.variable}, but Maestro does not read such files.`,
      { hint: how },
    );
}

function isUrl(value: string | undefined): boolean {
  return /^\s*postgres(?:ql)?:\/\//i.test(value ?? '');
}

function loading(file: string): string {
  return `Load it (\`set -a; . ./${file}; set +a\` in a shell, \`node --env-file=${file} …\` for a program).`;
}

/** The variable that says that this is a CI job, or production; `undefined` elsewhere. */
function unattendedBy({ CI, NODE_ENV }: Surroundings['environment']): string | undefined {
  if (CI !== undefined && !['', '0', 'false'].includes(CI.trim().toLowerCase())) return 'CI';
  return NODE_ENV === 'production' ? 'NODE_ENV=production' : undefined;
}

/** Names of files that set variables for a folder, {@link SAMPLE} being examples only. */
const ENV_FILE = /^\.env(?:rc|\..+)?$/;
const SAMPLE = /\.(?:example|sample|template|dist)$/i;

/** The first file of a folder that names a database, and the variable in it. */
function namedByFile(folder: string): { readonly file: string; readonly variable: string } | undefined {
  for (const file of filesOf(folder).filter((name) => ENV_FILE.test(name) && !SAMPLE.test(name))) {
    const variables = variablesOf(join(folder, file));
    const variable =
      [...URL_VARIABLES, ...SERVER_VARIABLES, ...NOT_READ].find((name) => variables[name] !== undefined) ??
      Object.keys(variables).find((name) => isUrl(variables[name]));
    if (variable !== undefined) return { file, variable };
  }
  return undefined;
}

function filesOf(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    // A folder that cannot be listed may still have a file that can be read.
    return ['.env'];
  }
}

function variablesOf(file: string): Readonly<Record<string, string | undefined>> {
  try {
    return util.parseEnv(readFileSync(file, 'utf8'));
  } catch {
    return {};
  }
}
