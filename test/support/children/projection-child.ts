import { argv } from 'node:process';
import { openDatabase } from '../../../src/connection/open-database.js';
import { runProjections } from '../../../src/projection/worker/run-projections.js';
import { aJournal } from '../projection/journal.js';

/** A worker as a process of its own. Prints how many events it has taken in, line by line, until it is killed. */

const [, , url = '', schema = '', table = ''] = argv;

const database = await openDatabase({ url, schema });
const onProgress = ({ taken }: { readonly taken: number }) => console.log(taken);
await runProjections(database, [aJournal({ table }).definition], { onProgress, onError: console.error }).stopped;
