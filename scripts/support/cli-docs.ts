import type { Command } from 'commander';
import { aProgram } from './program.js';

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

The embedded database is used only when you name no database. A setting with an empty or undefined value is an error;
Maestro does not try the next line of the list. Examples are \`DATABASE_URL=''\`, \`openDatabase({ url: undefined })\`,
and \`connection: process.env.DATABASE_URL\` when that variable is not set.

Maestro also stops with an error when you seem to have named a database in a place that it does not read:

- a configuration file with another extension or a mistyped name (\`maestro.config.cjs\`, \`maestro.conf.ts\`), or two
  configuration files in one folder;
- a configuration file in a folder above, in the same repository, when nothing else names a database;
- a variable with another name, such as \`POSTGRES_URL\`, or any whose value begins with \`postgres://\`;
- such a variable, or a \`DATABASE_URL\`, in a file \`.env\`, \`.env.*\` or \`.envrc\` (but not \`.env.example\`, \`.sample\`,
  \`.template\`, \`.dist\`). Load the file yourself, with \`node --env-file=.env\` or \`set -a; . ./.env; set +a\`.

In a CI job, or when \`NODE_ENV\` is \`production\`, the embedded database is never the default. Name its folder there
with \`--data-dir\` or \`dataDir\`. A CI job is recognized by the variable \`CI\`, unless it is \`0\` or \`false\`.

A command that writes names the database on standard error, without a password: \`note: using
ada@db.example.com:5432/shop, schema public\`. With \`-q\` it does not. With \`-o json|ndjson\` the note comes after the
work.

The schema is \`--schema\`, \`MAESTRO_SCHEMA\`, \`schema\` of the configuration file, or \`public\`.

A configuration file is \`maestro.config.ts\`, \`.mts\`, \`.js\`, \`.mjs\` or \`.json\` in the working directory, or \`--config FILE\`:

\`\`\`ts
import { defineConfig } from 'maestro-store';

export default defineConfig({ connection: 'postgres://localhost/app', schema: 'history' });
\`\`\`

If an Elixir application reads the log, too, add \`interop: 'elixir'\`. Commands that write then refuse what it could
not read ([what that is](../coming-from-elixir.md#bodies)).

### URLs

A URL looks like \`postgres://user:password@host:5432/database?sslmode=verify-full\` and means the same as in psql. What
the URL leaves out comes from the service that it names (\`service=\`, \`PGSERVICE\`), then from \`PGUSER\`, \`PGPASSWORD\`,
\`PGPORT\` and similar variables. Without any of these, the user is that of the operating system, and the database has
the same name as the user. A password can also come from \`~/.pgpass\`. In a user, password or database name write \`@\`
as \`%40\`, \`/\` as \`%2F\`, \`%\` as \`%25\`.

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

Other parameters, as other drivers and hosting services write them, are ignored when they would change nothing. When
Maestro cannot do what a parameter asks for, it refuses the URL, and the error says what to write instead. For
example, Prisma's \`schema=app\` is \`--schema app\` here. A URL without a host is refused, too, because psql takes a
different socket for it on different systems.

## Output

Results go to standard output, everything else to standard error. When the output is piped, a table has full values
and no colour. In a terminal, a table fits the width. When an id is too long, the table shows its first digits under
the heading \`AGGREGATE…\`; every command accepts these digits as the id. An event may take several lines, and a body
that is too long ends with \`…\`. The whole timestamp of an event is shown in a wide terminal, with \`-q\`, and when
piped. An id and a sequence name an event as well. If the terminal does not tell its width, \`COLUMNS\` gives it; the
default is 80 columns. Tables need at least 27 columns.

\`-o json\` prints one JSON document, \`-o ndjson\` one per line. Bodies are printed as PostgreSQL holds them, digit for
digit. Control characters are printed as \`\\u\` escapes. Work that takes longer than a second shows its progress on standard
error, but not with \`TERM=dumb\` or when \`CI\` is set.

In a terminal, output that is longer than the screen is shown in a pager, as Git does. The pager is \`MAESTRO_PAGER\`,
else \`PAGER\`, else \`less\` (with \`LESS=FRX\` unless \`LESS\` is set, so that colours stay). These switch it off:
\`--no-pager\`, \`--no-input\`, an empty \`MAESTRO_PAGER\`, \`cat\` as the pager, \`TERM=dumb\`, and \`CI\`. A pager that cannot
be run is left out, too. When you leave the pager before the end, the command stops with exit code 0. Commands that
write, \`tail -f\` and \`step\` use no pager.

With \`-o json|ndjson\` an error is one JSON object on standard error, and all that a command says there:

\`\`\`json
{"error": {"code": "MAESTRO_UNREACHABLE", "message": "The database …", "hint": "…", "partial": true, "warnings": ["…"]}}
\`\`\`

- \`code\` is stable; \`hint\`, what to do about it, is there when there is something to do.
- \`"partial": true\` is there when a part of the answer was printed before: a JSON document without its end, or the first lines of
  \`ndjson\`. What fails before there is any result prints nothing on standard output.
- \`warnings\` has the warnings and notes of the command, when there are any. A command that does not fail prints them in lines
  (\`warning: …\`, \`note: …\`) when it has ended; \`tail -f\`, when it is interrupted.

Two things still come in between: what \`-v\` shows, and what the handlers and configuration files of an application print.
\`completion\` and \`step\` have no JSON form and refuse \`-o json|ndjson\`; help is always text.

## Ids and times

An id is written as 32 hex digits, \`\\x…\`, a UUID, or the text form of a timestamp. The first digits are enough, at
least four, when only one id begins with them: \`maestro events 01a20770\`. A note then says which id that is. When
several ids begin with them, the command lists them and stops (exit 2). \`erase --execute\` and \`snapshot delete --execute\` need the whole id.

A time is written as people and programs write it. Without a zone it is local:

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

When a day or a second names a point of a history (\`replay --at\`, \`diff\`), its first moment is meant. Timestamps have
milliseconds. When a time is finer than that, \`--since\` begins with the next millisecond, and \`--until\` ends with the
millisecond that the time is in. So no event outside the range is shown.

When summer time begins, clocks skip an hour. A time in that hour is taken as one hour later. When summer time ends,
an hour comes twice: \`--since\` takes the first, and \`--until\`, \`--at\` and \`diff\` take the second. A note on standard
error tells you in both cases. To choose, write the offset: \`"2026-10-25 02:30+01"\`.

## Exit codes

| code | means |
| --- | --- |
| 0 | done |
| 1 | a check failed, or differences were found: pending migrations, a violation, a state that differs, a handler that fails |
| 2 | wrong usage, bad input or bad configuration, or the tables are not there; nothing was written |
| 3 | no such aggregate, event or snapshot; \`bisect\` found that it never holds |
| 4 | the database is unreachable, too slow or full, refused the login or the permission, or the embedded one is in use |
| 5 | refused: sequence conflict, migration lock held, events would be lost, a snapshot that is as new is stored |
| 6 | the connection broke during a commit and the outcome could not be read back, or the output could not be written |
| 70 | a defect in Maestro |
| 130 | interrupted |
| 143 | ended by SIGTERM |
`;

/** The marks around the part of a page that is generated from the command's help. */
const HELP_BEGINS = '<!-- The help, written by `npm run docs`: -->';
const HELP_ENDS = '<!-- End of the help. -->';

/**
 * The pages of docs/cli by their file names: an overview, and one for each command. Only the help is generated; the text
 * around it is taken from the present page.
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

/** The help without the global options, which are in the overview. */
function help(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part), getOutHelpWidth: () => 100 });
  command.configureHelp({ ...command.configureHelp(), showGlobalOptions: false, helpWidth: 100 });
  command.outputHelp();
  return text.trim();
}
