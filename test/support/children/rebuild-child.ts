import { argv, exit } from 'node:process';
import knexFactory from 'knex';
import { Timestamp } from '../../../src/hlc/timestamp.js';
import { readCopies } from '../../../src/projection/copies/copy.js';
import { registerCopy } from '../../../src/projection/copies/register-copy.js';
import { cleanUpRetired } from '../../../src/projection/rebuild/clean-up-retired.js';
import { startRebuild } from '../../../src/projection/rebuild/start-rebuild.js';
import { switchCopy } from '../../../src/projection/rebuild/switch-copy.js';
import { aVersion, fill } from '../projection/read-models.js';

/**
 * Goes through the life of a read model, step by step on one connection: makes it, fills it, builds its second version beside it,
 * switches, and removes the old one. Prints each step that it has done.
 */

const [, , url = '', schema = '', name = '', ...hexes] = argv;
const knex = knexFactory({ client: 'pg', connection: url, searchPath: [schema], pool: { min: 0, max: 1 } });
const database = { knex, schema };
const ids = hexes.map((hex) => Timestamp.fromHex(hex));
const [first, second] = [aVersion(name, 1), aVersion(name, 2)];

const [live] = await registerCopy(knex, schema, first);
console.log('registered');
if (live?.version === 1) await fill(database, live, first, ids);
console.log('filled');
const building = await startRebuild(knex, schema, second);
console.log('building');
if (building !== undefined) {
  await fill(database, building, second, ids.slice(1));
  console.log('built');
  while ((await switchCopy(knex, schema, second, building)) === 'blocked');
}
console.log('switched');
while ((await cleanUpRetired(knex, schema)) > 0);
console.log((await readCopies(knex, schema, [name])).length);
await knex.destroy();
exit(0);
