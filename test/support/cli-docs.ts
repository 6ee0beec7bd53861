import { Readable } from 'node:stream';
import type { Command } from 'commander';
import { createProgram } from '../../src/cli/program.js';

const INTRODUCTION = `# The command line

This page is made from the commands' own help by \`npm run docs\`.

## Which database

The first of these that is given: \`--url\`, \`MAESTRO_DATABASE_URL\`, \`DATABASE_URL\`, \`connection\` of the configuration file;
else the embedded database in \`--data-dir\` (\`dataDir\` of the configuration file, \`.maestro/data\`). A URL is
\`postgres://user:password@host:5432/database?sslmode=verify-full\`; \`sslmode\` is \`disable\` (the default), \`require\`,
\`verify-ca\` or \`verify-full\`; also known are \`sslrootcert\`, \`sslcert\`, \`sslkey\`, \`host\` (the folder of a socket),
\`application_name\` and \`connect_timeout\`. A password can come from \`PGPASSWORD\` or \`~/.pgpass\`.

The schema is \`--schema\`, \`MAESTRO_SCHEMA\`, \`schema\` of the configuration file, or \`public\`.

A configuration file is \`maestro.config.ts\`, \`.mts\`, \`.js\`, \`.mjs\` or \`.json\` in the working directory, or \`--config FILE\`:

\`\`\`ts
import { defineConfig } from 'maestro-store';

export default defineConfig({ connection: 'postgres://localhost/app', schema: 'history' });
\`\`\`

## Output

Results go to standard output, everything else to standard error. A table fits the terminal; piped, it has full values
and no colour. \`-o json\` prints one JSON document, \`-o ndjson\` one per line; bodies are printed as PostgreSQL holds them,
digit for digit. Characters that a terminal would act on are printed as \`\\u\` escapes. With \`-o json|ndjson\` an error is
one JSON object on standard error: \`{"error": {"code", "message", "hint"}}\`.

Ids are given as 32 hex digits, \`\\x…\`, a UUID, or the text form of a timestamp. Times are given as \`2026-11-22\` (its
midnight), \`"2026-11-22 14:34"\`, \`2026-11-22T14:34:05.250Z\`, \`"yesterday 14:34"\`, \`now\`, or the text form of a timestamp;
without a zone they are local.

## Exit codes

| code | means |
| --- | --- |
| 0 | done |
| 1 | ran, and found what was asked about: pending migrations, a handler that fails, a history with a gap |
| 2 | wrong usage, bad input or bad configuration; nothing was written |
| 3 | no such aggregate or snapshot |
| 4 | the database is unreachable, too slow, refused the login or the permission, or the embedded one is in use |
| 5 | refused: sequence conflict, migration lock held, events would be lost, a snapshot that is as new is stored |
| 6 | the connection broke during a commit and the outcome could not be read back |
| 70 | a defect in Maestro |
| 130 | interrupted |
`;

/** The text of docs/cli.md. */
export function cliDocs(): string {
  const nowhere = { isTerminal: false, columns: undefined, write: async () => {} };
  const program = createProgram({
    context: {
      workingDirectory: '/',
      environment: {},
      stdin: Object.assign(Readable.from([]), { isTerminal: false }),
      stdout: nowhere,
      stderr: nowhere,
    },
    version: '',
    writeOut: () => {},
    writeErr: () => {},
    exit: () => {},
  });
  return `${INTRODUCTION}\n${sections(program, [])}`;
}

function sections(command: Command, parents: readonly string[]): string {
  const names = [...parents, command.name()];
  const section = `## ${names.join(' ')}\n\n\`\`\`text\n${help(command)}\n\`\`\`\n`;
  return [section, ...command.commands.map((child) => sections(child, names))].join('\n');
}

/** The help without the global options, which are the same everywhere and stand under `maestro`. */
function help(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part), getOutHelpWidth: () => 100 });
  command.configureHelp({ showGlobalOptions: false, helpWidth: 100 });
  command.outputHelp();
  return text.trim();
}
