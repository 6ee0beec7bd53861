import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { cliPages } from './support/cli-docs.js';

/** Writes the help of the commands into the pages of docs/cli. */
const folder = fileURLToPath(new URL('../docs/cli/', import.meta.url));
mkdirSync(folder, { recursive: true });
const present = (file: string) => (existsSync(folder + file) ? readFileSync(folder + file, 'utf8') : undefined);
for (const [file, text] of cliPages(present)) writeFileSync(folder + file, text);
