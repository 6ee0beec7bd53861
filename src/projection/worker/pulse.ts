import { renew } from '../subscription/leases.js';
import type { Alarm } from './alarm.js';
import type { Running } from './running.js';

/** Time between two heartbeats, in milliseconds. */
const BEAT = 3000;

/** Shows that the worker is alive, and prolongs what its subscriptions have claimed, until it stops. */
export async function runPulse(running: Running, alarm: Alarm): Promise<void> {
  const { knex, schema, copies, heartbeat, keeper, options, reach, searching, signal } = running;
  const interval = Math.min(BEAT, Math.ceil(options.lease / 4));
  for (let nextBeat = 0; !signal.aborted; await alarm.sleep(interval)) {
    const tokens = keeper.tokens;
    await reach.survive(() =>
      searching.run(async () => {
        if (tokens.length > 0) keeper.renewed(tokens, await renew(knex, schema, tokens, options.lease));
        if (performance.now() < nextBeat) return;
        nextBeat = performance.now() + BEAT;
        await heartbeat.beat(knex, schema, copies.ids);
      }),
    );
  }
}
