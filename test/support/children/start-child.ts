import { argv } from 'node:process';
import { setFlagsFromString } from 'node:v8';
import { exitCodeFor } from '../../../src/cli/exit-codes.js';
import { openEmbedded } from '../../../src/connection/embedded/embedded.js';
import type { MaestroError } from '../../../src/errors.js';

/** Opens an embedded database, asks it something, and prints in one line what came of it: the exit code, and the words. */

if ('WebAssembly' in globalThis) setFlagsFromString('--liftoff-only');
const [, , dataDir = ''] = argv;
try {
  const database = await openEmbedded(dataDir, { schema: 'public', readOnly: true });
  await database.knex.raw('SELECT 1');
  await database.close();
  console.log('0 it opened');
} catch (error) {
  const { message, hint = '' } = error as MaestroError;
  console.log(`${exitCodeFor(error)} ${message} ${hint}`.replaceAll('\n', ' '));
}
