import { randomBytes } from 'node:crypto';
import type { ExecutionContext } from 'ava';
import type { Knex } from 'knex';
import { ONE_AT_A_TIME, testUrl } from '../database.js';

/** Settings for `ALTER ROLE … SET`: values in SQL by parameter. */
export type Settings = Readonly<Record<string, string>>;

/** A role whose every session has settings, and a schema that is its own. */
export interface SetRole {
  readonly role: string;
  readonly schema: string;
  /** The URL with which it logs in. */
  readonly url: string;
}

/**
 * Makes a role with settings, which may do what an application may and owns an empty schema. Both are gone after the test.
 * `more` are attributes, such as `SUPERUSER`, which some settings can only be changed by; `at` is the URL of another database;
 * `before` is SQL in which `$role` stands for the name of both.
 */
export async function aRoleWith(
  t: ExecutionContext,
  admin: Knex,
  settings: Settings,
  { more = '', at = testUrl(), before }: { more?: string | undefined; at?: string; before?: string | undefined } = {},
): Promise<SetRole> {
  const role = `test_set_${randomBytes(6).toString('hex')}`;
  const url = new URL(at);
  Object.assign(url, { username: role, password: 'secret' });
  await admin.raw(`CREATE ROLE ${role} LOGIN PASSWORD 'secret' ${more}; CREATE SCHEMA ${role} AUTHORIZATION ${role}`);
  const { rows } = await admin.raw<{ rows: [{ name: string }] }>('SELECT quote_ident(current_database()) AS name');
  await admin.raw(`${ONE_AT_A_TIME}; GRANT CREATE ON DATABASE ${rows[0].name} TO ${role}`);
  t.teardown(() =>
    admin.raw(
      `${ONE_AT_A_TIME}; DROP SCHEMA IF EXISTS shadow_${role}, ${role} CASCADE; DROP OWNED BY ${role} CASCADE; DROP ROLE ${role}`,
    ),
  );
  if (before !== undefined) await admin.raw(before.replaceAll('$role', role));
  const set = Object.entries(settings).map(
    ([name, value]) => `ALTER ROLE ${role} SET ${name} = ${value.replaceAll('$role', role)}`,
  );
  if (set.length > 0) await admin.raw(set.join('; '));
  return { role, schema: role, url: url.href };
}
