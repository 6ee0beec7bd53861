import type { Command } from 'commander';
import { aProgram } from './cli.js';

const BEFORE_LIST = `# The command line

Every command has a page:
`;

const AFTER_LIST = `## Which database

The first of these that is given:

1. \`--url\`, or \`--data-dir\` for an embedded database
2. \`MAESTRO_DATABASE_URL\`, then \`DATABASE_URL\`
3. \`connection\` of the configuration file, then its \`dataDir\`
4. \`PGHOST\`, \`PGHOSTADDR\`, \`PGDATABASE\` or \`PGSERVICE\`, with which psql finds its server
5. the embedded database in \`.maestro/data\`

The last is taken only when nothing was said. What is there but undefined or empty is an error, and never means another
database: \`DATABASE_URL=''\`, \`connection: process.env.DATABASE_URL\` when that is not set, \`openDatabase({ url: undefined })\`.
So is a database that is named where Maestro does not look: a configuration file of another form or with a mistyped name
(\`maestro.config.cjs\`, \`maestro.conf.ts\`), two of them side by side, \`POSTGRES_URL\`, or a \`DATABASE_URL\` in a file \`.env\`, which is
not read (\`node --env-file=.env\`, or \`set -a; . ./.env; set +a\`, load one). Where \`CI\` is set (but to \`0\` or \`false\`), or
\`NODE_ENV\` is \`production\`, the embedded database is never taken by default: name its folder with \`--data-dir\` or \`dataDir\`.

A command that writes says on standard error where to, without a password, and not with \`-q\`: \`note: writing to
ada@db.example.com:5432/shop, schema public\`. With \`-o json|ndjson\` it says so after the work (\`note: wrote to …\`), so that an error
is all that is there when it fails.

The schema is \`--schema\`, \`MAESTRO_SCHEMA\`, \`schema\` of the configuration file, or \`public\`.

A configuration file is \`maestro.config.ts\`, \`.mts\`, \`.js\`, \`.mjs\` or \`.json\` in the working directory, or \`--config FILE\`:

\`\`\`ts
import { defineConfig } from 'maestro-store';

export default defineConfig({ connection: 'postgres://localhost/app', schema: 'history' });
\`\`\`

For a log that an Elixir application reads, too, add \`interop: 'elixir'\`: commands that write then refuse what it could not read
([what that is](../coming-from-elixir.md#bodies)).

### URLs

A URL is \`postgres://user:password@host:5432/database?sslmode=verify-full\` and means what it means to psql; what it leaves
out comes from the service that it names (\`service=\`, \`PGSERVICE\`), then from \`PGUSER\`, \`PGPASSWORD\`, \`PGPORT\` and their like,
then the user is the operating system's and the database is called like the user. A password can also come from \`~/.pgpass\`.
In a user, password or database name write \`@\` as \`%40\`, \`/\` as \`%2F\`, \`%\` as \`%25\`.

| parameter | means |
| --- | --- |
| \`sslmode\` | \`disable\` (the default), \`allow\` (plaintext, or else TLS), \`prefer\` (TLS, or else plaintext), \`require\`, \`verify-ca\`, \`verify-full\`; \`ssl=true\` is \`require\`, and so is \`no-verify\` |
| \`sslrootcert\`, \`sslcert\`, \`sslkey\`, \`sslpassword\`, \`sslcrl\` | PEM files, and what the key is encrypted with; \`sslrootcert=system\` for the authorities that Node.js knows |
| \`sslnegotiation\`, \`ssl_min_protocol_version\`, \`ssl_max_protocol_version\` | \`direct\` for TLS without asking; versions of TLS |
| \`channel_binding\` | \`disable\` (the default), \`prefer\`, \`require\`: a login that is bound to the encrypted connection |
| \`host\`, \`port\`, \`hostaddr\`, \`user\`, \`password\`, \`dbname\` | instead of what stands before the \`?\`; a host that begins with / is the folder of a socket, on which nothing is encrypted |
| \`target_session_attrs\`, \`load_balance_hosts\` | with several hosts (\`one:5432,two:5432\`), which are tried in turn: the one that is meant, such as \`read-write\`; \`random\` for another order each time |
| \`options\` | settings of the session: \`options=-c%20geqo%3Doff\` |
| \`application_name\`, \`connect_timeout\`, \`keepalives\`, \`keepalives_idle\`, \`passfile\`, \`service\` | as for psql |
| \`pgbouncer=true\` | \`--pooler transaction\` |

What else PostgreSQL's programs, other drivers and hosting services write there is taken where it changes nothing, and
refused with what to write instead where it cannot be honoured (Prisma's \`schema=app\` is \`--schema app\`). A URL
that names no host is refused, too: where psql would look for its socket depends on how it was built.

## Output

Results go to standard output, everything else to standard error. Piped, a table has full values and no colour. In a
terminal it fits the width: of an id the beginning is shown where there is no room for all of it (its heading is \`AGGREGATE…\`
then, and every command takes such a beginning), an event goes on in further lines, and a body that is too long ends with
\`…\`. The whole timestamp of an event is shown in a wide terminal, by \`-q\`, and piped; an id and a sequence name an event as
well. A terminal that does not tell its width is taken to be as wide as \`COLUMNS\` says, else 80; tables are laid out for 27
columns or more. \`-o json\` prints one JSON document, \`-o ndjson\` one per line; bodies are printed as PostgreSQL holds them,
digit for digit. Characters that a terminal would act on are printed as \`\\u\` escapes. With \`-o json|ndjson\` an error is
one JSON object on standard error: \`{"error": {"code", "message", "hint"}}\`. Work that takes longer than a
second says on standard error how far it is, on a terminal that can draw a line anew (not with \`TERM=dumb\`, nor where \`CI\` is set).

## Ids and times

In a terminal, what is longer than the screen is shown in a pager, as Git does: \`MAESTRO_PAGER\`, else \`PAGER\`, else
\`less\` (with \`LESS=FRX\` unless \`LESS\` is set, so that colours stay). \`--no-pager\` shows it at once; so do an empty
\`MAESTRO_PAGER\`, \`cat\`, \`--no-input\`, \`TERM=dumb\`, a set \`CI\`, and a pager that cannot be run. Leaving the pager before the
end stops the command, with exit code 0. Commands that write, \`tail -f\` and \`step\` use none.

Ids are given as 32 hex digits, \`\\x…\`, a UUID, or the text form of a timestamp, or by their first digits, at least four of them, as
long as only one begins so: \`maestro events 01a20770\`. Several are named and refused (exit 2); a note says which one was meant.
\`erase --execute\` needs the whole id.

Times are given as people and programs write them. Without a zone they are local:

| written | means |
| --- | --- |
| \`2026-11-22\`, \`today\`, \`yesterday\`, \`monday\` (the last one before today) | that whole day: \`--since\` its first moment, \`--until\` its last |
| \`"2026-11-22 14:34"\`, \`"2026-11-22 14:34:05"\`, \`14:34\`, \`"yesterday 14:34"\` | that whole second, likewise |
| \`2026-11-22T14:34:05.250Z\`, \`"2026-11-22 14:34:05.250167+00"\`, \`…+0530\`, \`… UTC\` | that instant, as PostgreSQL, logs and programs print it, with up to nine digits of fraction |
| \`"Sun Nov 22 14:34:05 2026 +0100"\`, \`"22 Nov 2026 14:34"\`, \`22/Nov/2026:14:34:05 +0000\` | the same, as Git, mail and web servers print it |
| \`90m\`, \`-1h\`, \`1h30m\`, \`14d\`, \`2w\`, \`"3 months ago"\` | so long ago: \`ms\`, \`s\`, \`m\`, \`h\`, \`d\`, \`w\`, \`mo\`, \`y\`, or in words; days, weeks, months and years by the calendar |
| \`1795358045\`, \`1795358045250\`, \`@1795358045.25\` | seconds since 1970 (ten digits, or \`@\`), milliseconds (thirteen) |
| \`2026-11-22T14:34:05.250Z-002E-F3D2116E5C2B276D\` | the time of a timestamp |
| \`now\` | now |

As a point of a history (\`replay --at\`, \`diff\`) a day and a second are their first moment. Timestamps have milliseconds. Of a finer time \`--since\` begins with the next millisecond, and \`--until\` ends with the one that it
lies in, so that neither shows an event from beyond. When clocks are set on, an hour does not exist: a time in it is taken
an hour later. When they are set back, an hour exists twice: \`--since\` takes the first, \`--until\`, \`--at\` and \`diff\` the second. Either is
said on standard error, and an offset (\`"2026-10-25 02:30+01"\`) leaves nothing open.

## Exit codes

| code | means |
| --- | --- |
| 0 | done |
| 1 | ran, and found what was asked about: pending migrations, a violation, a difference, a handler that fails |
| 2 | wrong usage, bad input or bad configuration; nothing was written |
| 3 | no such aggregate, event or snapshot; \`bisect\` found that it never holds |
| 4 | the database is unreachable, too slow or full, refused the login or the permission, or the embedded one is in use |
| 5 | refused: sequence conflict, migration lock held, events would be lost, a snapshot that is as new is stored |
| 6 | the connection broke during a commit and the outcome could not be read back, or the output could not be written |
| 70 | a defect in Maestro |
| 130 | interrupted |
`;

/** What stands before and after the part of a page that is made from the command's own help. */
const HELP_BEGINS = '<!-- The help, written by `npm run docs`: -->';
const HELP_ENDS = '<!-- End of the help. -->';

/**
 * The pages of docs/cli by their file names: an overview, and one for each command, of which only the help is made anew;
 * what people wrote around it is taken from the present page.
 */
export function cliPages(presentPage: (file: string) => string | undefined): Map<string, string> {
  const program = aProgram();
  const commands = program
    .createHelp()
    .visibleCommands(program)
    .filter((command) => command.name() !== 'help');
  const pages = commands.map((command): [string, string] => {
    const file = `${command.name()}.md`;
    return [file, withHelp(presentPage(file) ?? `# maestro ${command.name()}\n`, sections(command, ['maestro']))];
  });
  return new Map([['README.md', overview(commands)], ...pages]);
}

function overview(commands: readonly Command[]): string {
  const list = commands.map((command) => `- [\`${command.name()}\`](${command.name()}.md): ${command.summary()}`);
  return `${BEFORE_LIST}\n${list.join('\n')}\n\n${AFTER_LIST}\n## Options of every command\n\n${fenced(help(aProgram()))}\n`;
}

function withHelp(page: string, text: string): string {
  const [before = '', rest] = page.split(HELP_BEGINS);
  const after = rest?.split(HELP_ENDS)[1] ?? '\n';
  return `${before.trimEnd()}\n\n${HELP_BEGINS}\n\n${text}\n\n${HELP_ENDS}${after}`;
}

/** The help of a command, then that of the commands below it, each under a heading. */
function sections(command: Command, parents: readonly string[]): string {
  const names = [...parents, command.name()];
  const own = parents.length === 1 ? '## Help' : `### ${names.join(' ')}`;
  const below = command.commands.filter((child) => child.name() !== 'help').map((child) => sections(child, names));
  return [`${own}\n\n${fenced(help(command))}`, ...below].join('\n\n');
}

function fenced(text: string): string {
  return `\`\`\`text\n${text}\n\`\`\``;
}

/** The help without the global options, which are the same everywhere and stand in the overview. */
function help(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part), getOutHelpWidth: () => 100 });
  command.configureHelp({ ...command.configureHelp(), showGlobalOptions: false, helpWidth: 100 });
  command.outputHelp();
  return text.trim();
}
