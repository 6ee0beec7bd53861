import { argv, exit } from 'node:process';
import knexFactory from 'knex';
import { changeLayout } from '../../../src/store/migrate/relayout/change-layout.js';

/** Lays an event log out anew and prints each step that it begins, and `done` at the end. */

const [, , url = '', schema = '', partitions = ''] = argv;
const knex = knexFactory({ client: 'pg', connection: url, pool: { min: 0, max: 2 } });
let last = '';
const onStep = (what: string) => {
  if (what !== last) console.log(what);
  last = what;
};
const { changed } = await changeLayout(knex, { schema, partitions: Number(partitions), onStep });
console.log(changed ? 'done' : 'nothing to do');
await knex.destroy();
exit(0);
