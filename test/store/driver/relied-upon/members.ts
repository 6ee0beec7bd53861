import { setTimeout } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import type { Knex } from 'knex';
import {
  clientOf,
  type ClientQuery,
  type KnexClient,
  type PgConnection,
} from '../../../../src/store/driver/relied-upon.js';
import { testKnex } from '../../../support/database.js';

/** Fails with the name of a member that is gone. */
export function assertHas(
  t: ExecutionContext,
  what: string,
  owner: object,
  member: string,
  type: 'object' | 'function' | 'string' | 'number',
): void {
  t.is(typeof (owner as Record<string, unknown>)[member], type, `${what}.${member} is no ${type} any more`);
}

/** A Knex instance on `pg` with few connections. */
export function pgKnex(
  t: ExecutionContext,
  options: Partial<Knex.Config> = {},
): { knex: Knex; client: KnexClient<PgConnection> } {
  const knex = testKnex({ pool: { min: 0, max: 2 }, compileSqlOnError: false, log: { warn() {} }, ...options });
  // When giving connections back is what broke, this would wait for ever, and nobody would hear of the test.
  t.teardown(() => Promise.race([knex.destroy(), setTimeout(3_000, undefined, { ref: false })]));
  return { knex, client: clientOf<PgConnection>(knex) };
}

/** A statement as Knex's client takes it. */
export function aStatement(sql: string, bindings: readonly unknown[] = [], options: object = {}): ClientQuery {
  return { sql, bindings, options, method: 'raw', __knexQueryUid: 'of this test' };
}
