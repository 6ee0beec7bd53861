import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { cliDocs } from '../test/support/cli-docs.js';

/** Writes docs/cli.md anew from the help of the commands. */
writeFileSync(fileURLToPath(new URL('../docs/cli.md', import.meta.url)), cliDocs());
