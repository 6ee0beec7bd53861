import { readFileSync } from 'node:fs';
import { join } from 'node:path';
// Old versions of Node.js have no parseEnv; by name, they could not import it, nor say that they are too old.
import util from 'node:util';
import type { Surroundings } from './environment.js';
import { ConfigurationError } from './errors.js';

/** The variables that name the database of the command line, the first that is set being the one. */
export const URL_VARIABLES = ['MAESTRO_DATABASE_URL', 'DATABASE_URL'] as const;
/** The variables with which PostgreSQL's own programs name a server; the others only say how to reach or use it. */
export const SERVER_VARIABLES = ['PGHOST', 'PGHOSTADDR', 'PGDATABASE', 'PGSERVICE'] as const;
/** Variables that are easily taken for one of ours. */
const NOT_READ = ['MAESTRO_URL', 'MAESTRO_DB_URL', 'MAESTRO_DATA_DIR', 'POSTGRES_URL'];

/**
 * Sees to it that the embedded database is taken only when nothing was said. Throws {@link ConfigurationError} when the
 * surroundings name a database in a way that is not looked at, or are those where a throwaway database is never what was
 * meant: a CI job, or production. `hint` says how to name a database.
 */
export function assertNothingWasSaid({ environment, workingDirectory }: Surroundings, hint: string): void {
  const ignored = NOT_READ.find((name) => environment[name] !== undefined);
  if (ignored !== undefined)
    throw new ConfigurationError(`No database is named: ${ignored} is set, but Maestro does not read it.`, { hint });
  const unattended = unattendedBy(environment);
  if (unattended !== undefined)
    throw new ConfigurationError(
      `No database is named, and the embedded database is not the default when ${unattended} is set.`,
      { hint },
    );
  const named = workingDirectory === undefined ? undefined : namedByDotEnv(workingDirectory);
  if (named !== undefined)
    throw new ConfigurationError(
      `No database is named: the file .env here sets ${named}, but .env files are not read.`,
      {
        hint: `Load it (\`set -a; . ./.env; set +a\` in a shell, \`node --env-file=.env …\` for a program). ${hint}`,
      },
    );
}

/** The variable that says that nobody sits there who would notice: of a CI job, or of production. */
function unattendedBy({ CI, NODE_ENV }: Surroundings['environment']): string | undefined {
  if (CI !== undefined && !['', '0', 'false'].includes(CI.trim().toLowerCase())) return 'CI';
  return NODE_ENV === 'production' ? 'NODE_ENV=production' : undefined;
}

/** The variable with which a file `.env` of a folder names a database. */
function namedByDotEnv(folder: string): string | undefined {
  let text: string;
  try {
    text = readFileSync(join(folder, '.env'), 'utf8');
  } catch {
    return undefined;
  }
  const variables = util.parseEnv(text);
  return [...URL_VARIABLES, ...SERVER_VARIABLES].find((name) => variables[name] !== undefined);
}
