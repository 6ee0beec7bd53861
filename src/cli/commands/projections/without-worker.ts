import type { Database } from '../../../connection/database.js';
import { copyActivity } from '../../../store/positions/copy-activity.js';
import type { Output } from '../../output/output.js';

/** True when a worker is alive that runs a projection or subscription. */
export async function hasWorker({ knex, schema }: Database, name: string): Promise<boolean> {
  const activities = await copyActivity(knex, schema, [name]);
  return [...activities.values()].some(({ workers }) => workers > 0);
}

/** Prints a note when no worker runs a projection or subscription, so that nothing will happen by itself. */
export async function noteWithoutWorker(database: Database, name: string, output: Output): Promise<void> {
  if (await hasWorker(database, name)) return;
  await output.note(
    `no worker runs ${name}, so nothing is taken in yet; \`maestro projections run ${name} --once\` does that`,
  );
}

/** Prints a note when no worker runs a projection that was brought up to date, so that it falls behind from now on. */
export async function noteToKeepRunning(database: Database, name: string, output: Output): Promise<void> {
  if (await hasWorker(database, name)) return;
  await output.note(`no worker runs ${name}, so it falls behind unless commits of this version take it in`);
}
