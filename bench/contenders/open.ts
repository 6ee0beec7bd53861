import type { Contender, ContenderName, Place } from './contender.js';
import { openEmmett } from './emmett.js';
import { openMaestro } from './maestro.js';
import { openNaiveKnex } from './naive-knex.js';
import { openRawPg } from './raw-pg.js';

const OPEN: Readonly<Record<ContenderName, (place: Place) => Contender | Promise<Contender>>> = {
  maestro: openMaestro,
  'raw pg': openRawPg,
  knex: openNaiveKnex,
  emmett: openEmmett,
};

/** Opens a contender by its name. */
export async function openContender(name: ContenderName, place: Place): Promise<Contender> {
  return await OPEN[name](place);
}
