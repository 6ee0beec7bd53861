import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestFn } from 'ava';
import knexFactory, { type Knex } from 'knex';
import type { Database } from '../../src/connection/database.js';
import { openEmbedded } from '../../src/connection/embedded/embedded.js';
import { migrate } from '../../src/store/migrate/migrator.js';
import { PostgresStore } from '../../src/store/postgres-store.js';

/** The URL of the real PostgreSQL that `npm test` has started; of a node of a Citus cluster, when the tests are run there. */
export function testUrl(): string {
  const url = process.env['MAESTRO_TEST_URL'];
  if (url === undefined) throw new Error('No test server: run tests with `npm test -- test/file.test.ts`.');
  return url;
}

/** True when the tests are run on a Citus cluster, where tables are in shards that elsewhere are plain or in partitions. */
export function isOnCluster(): boolean {
  return process.env['MAESTRO_TEST_LAYOUT'] === 'citus';
}

/** A Knex instance on the test server. */
export function testKnex(options: Partial<Knex.Config> = {}): Knex {
  return knexFactory({ client: 'pg', connection: testUrl(), pool: { min: 0, max: 20 }, ...options });
}

/**
 * Before a change of rights on what tests share, such as the database or a schema: PostgreSQL takes one at a time and
 * refuses the others.
 */
export const ONE_AT_A_TIME = 'SELECT pg_advisory_xact_lock(8190)';

/** A name for a schema that no other test uses. */
export function aSchemaName(): string {
  return `test_${randomBytes(6).toString('hex')}`;
}

/** A schema of its own for a test file, dropped when the file is done. */
export interface TestDatabase {
  readonly schema: string;
  readonly knex: Knex;
  readonly url: string;
  store(): PostgresStore;
}

/** Drops a schema; again when a cluster, whose nodes lock in any order, has ended that in a deadlock. */
export async function dropSchema(knex: Knex, schema: string): Promise<void> {
  const drop = () => knex.raw(`DROP SCHEMA IF EXISTS "${schema}" CASCADE`);
  for (;;)
    try {
      return void (await drop());
    } catch (error) {
      if ((error as { code?: string }).code !== '40P01') throw error;
    }
}

/** A migrated schema of the real PostgreSQL for one test file, or an empty one with `migrated: false`. */
export function useTestDatabase(
  test: TestFn<unknown>,
  { partitions = 1, migrated = true }: { partitions?: number; migrated?: boolean } = {},
): TestDatabase {
  const schema = aSchemaName();
  const knex = testKnex();
  // Of a cluster only one node makes tables, and any node uses them.
  const maker = isOnCluster() ? testKnex({ connection: process.env['MAESTRO_TEST_CITUS_URL'] }) : knex;
  const layout = isOnCluster() ? { citus: true, shardCount: Math.max(2, partitions) } : { partitions };
  if (migrated)
    test.serial.before(async () => {
      await migrate(maker, { schema, ...layout });
    });
  test.after.always(async () => {
    await dropSchema(maker, schema);
    for (const each of new Set([knex, maker])) await each.destroy();
  });
  return { schema, knex, url: testUrl(), store: () => new PostgresStore(knex, { schema }) };
}

/**
 * A database of its own for a test file whose tests wait for all others in the database, dropped when the file is done. Its URL;
 * the file's instances of Knex must be destroyed by then.
 */
export function useOwnDatabase(test: TestFn<unknown>): string {
  const name = aSchemaName();
  const admin = testKnex({ pool: { min: 0, max: 1 } });
  test.serial.before(async () => {
    await admin.raw('CREATE DATABASE ??', [name]);
  });
  test.after.always(async () => {
    await admin.raw('DROP DATABASE IF EXISTS ?? WITH (FORCE)', [name]);
    await admin.destroy();
  });
  return Object.assign(new URL(testUrl()), { pathname: `/${name}` }).href;
}

/**
 * A Knex instance for one test file, and names for schemas, which are dropped when the file is done. With `alone` the database is the
 * file's own, for what waits for all others in the database.
 */
export function useSchemas(
  test: TestFn<unknown>,
  { alone = false }: { readonly alone?: boolean } = {},
): { readonly knex: Knex; readonly url: string; readonly aSchema: () => string } {
  const url = alone ? useOwnDatabase(test) : testUrl();
  const knex = testKnex({ connection: url });
  const schemas: string[] = [];
  test.after.always(async () => {
    // With the database they go anyway.
    for (const schema of alone ? [] : schemas) await knex.raw(`DROP SCHEMA IF EXISTS "${schema}" CASCADE`);
    await knex.destroy();
  });
  return {
    knex,
    url,
    aSchema: () => {
      const schema = aSchemaName();
      schemas.push(schema);
      return schema;
    },
  };
}

/** A temporary folder for one test file, gone when the file is done. */
export function useTemporaryFolder(test: TestFn<unknown>): string {
  const folder = mkdtempSync(join(tmpdir(), 'maestro-test-'));
  test.after.always(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Migrated databases of each kind, for what has to be the same on all of them: to be asked for in a test, by their names. */
export function useEveryKind(test: TestFn<unknown>): {
  readonly plain: () => TestDatabase;
  readonly partitioned: () => TestDatabase;
  readonly embedded: () => Database;
} {
  const plain = useTestDatabase(test);
  const partitioned = useTestDatabase(test, { partitions: 3 });
  const embedded = useEmbeddedDatabase(test);
  return { plain: () => plain, partitioned: () => partitioned, embedded: () => embedded.get() };
}

/** A migrated embedded database for one test file. */
export function useEmbeddedDatabase(test: TestFn<unknown>): { get(): Database } {
  const folder = useTemporaryFolder(test);
  let database: Database | undefined;
  test.serial.before(async () => {
    database = await openEmbedded(join(folder, 'data'), { schema: 'public' });
    await migrate(database.knex);
  });
  test.after.always(() => database?.close());
  return {
    get: () => {
      if (database === undefined) throw new Error('not open yet');
      return database;
    },
  };
}
