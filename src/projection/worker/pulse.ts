import { renew } from '../subscription/leases.js';
import type { Alarm } from './alarm.js';
import { SlowHandlerError } from './errors.js';
import type { Running } from './running.js';

/** Time between two heartbeats, in milliseconds. */
const BEAT = 3000;
/** Number of leases after which a handler counts as slow. */
const SLOW = 3;

/**
 * Shows that the worker is alive, prolongs what its subscriptions have claimed, and tells which handlers take long, until it stops.
 * Waits for no search: a slow one must not cost the worker what it has claimed.
 */
export async function runPulse(running: Running, alarm: Alarm): Promise<void> {
  const { knex, schema, copies, heartbeat, keeper, onError, options, reach, signal } = running;
  const interval = Math.min(BEAT, Math.ceil(options.lease / 4));
  for (let nextBeat = 0; !signal.aborted; await alarm.sleep(interval)) {
    for (const handling of keeper.slow(SLOW * options.lease)) onError(new SlowHandlerError(handling));
    const tokens = keeper.tokens;
    await reach.survive(async () => {
      if (tokens.length > 0) keeper.renewed(tokens, await renew(knex, schema, tokens, options.lease));
      if (performance.now() < nextBeat) return;
      nextBeat = performance.now() + BEAT;
      await heartbeat.beat(knex, schema, copies.ids);
    });
  }
}
