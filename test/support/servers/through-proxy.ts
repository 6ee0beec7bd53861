import type { ExecutionContext } from 'ava';
import { PostgresStore } from '../../../src/store/postgres-store.js';
import { testKnex, testUrl } from '../database.js';
import { type FaultProxy, startFaultProxy } from './fault-proxy.js';

/** A store whose connections go through a proxy that breaks them at chosen messages. */
export async function throughProxy(
  t: ExecutionContext,
  { schema, recoveryTimeout = 10_000 }: { readonly schema: string; readonly recoveryTimeout?: number },
): Promise<{ readonly proxy: FaultProxy; readonly store: PostgresStore }> {
  const url = new URL(testUrl());
  const proxy = await startFaultProxy(Number(url.port));
  url.port = String(proxy.port);
  // The proxy refuses connections on purpose; nobody needs to read of it.
  const log = { warn() {}, error() {}, debug() {}, deprecate() {} };
  const knex = testKnex({ connection: url.href, log });
  t.teardown(async () => {
    await knex.destroy();
    await proxy.close();
  });
  return { proxy, store: new PostgresStore(knex, { schema, recoveryTimeout }) };
}
