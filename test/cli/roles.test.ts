import { randomBytes } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import pg from 'pg';
import { PostgresStore } from '../../src/store/postgres-store.js';
import { PROJECTION_TABLES } from '../../src/store/projection-tables.js';
import { readingCommands, writingCommands, SAMPLE_CORRELATION } from '../support/cli/sample-commands.js';
import { type CliResult, runCli } from '../support/cli/cli.js';
import { runAny } from '../support/cli/run-any.js';
import { testKnex, testUrl, useTemporaryFolder } from '../support/database.js';
import { aHistory, anEvent, anId } from '../support/data/factories.js';
import { ADOPTION } from '../support/data/steps.js';

/** A database of its own, in which nobody may do anything unless it is granted, and whose name has to be quoted. */
const suffix = randomBytes(5).toString('hex');
const databaseName = `Roles "${suffix}"`;
const url = (user?: string) => {
  const to = new URL(testUrl());
  to.pathname = `/${encodeURIComponent(databaseName)}`;
  if (user !== undefined) Object.assign(to, { username: encodeURIComponent(user), password: 'secret' });
  return to.href;
};
const server = testKnex();
const knex = testKnex({ connection: url() });
const folder = useTemporaryFolder(test);

/** Weakest first: each may do what those before it may, and more. Names that have to be quoted. */
const ROLES = ['stranger', 'reader', 'writer', 'migrator'] as const;
type Role = (typeof ROLES)[number];
const nameOf = (role: Role | 'appender') => `Test ${role} "${suffix}"`;
const NAMES = ['--reader', nameOf('reader'), '--writer', nameOf('writer'), '--migrator', nameOf('migrator')];

const LAYOUTS = { plain: 'Roles$plain', partitioned: 'Roles$partitioned' } as const;
type Layout = keyof typeof LAYOUTS;
const histories = { plain: aHistory(anId(), 3), partitioned: aHistory(anId(), 3) };
const other = { plain: 'partitioned', partitioned: 'plain' } as const;

/** A command, which role is the least that may run it, and how it ends under that one. */
type Case = readonly [words: string, argv: readonly string[], least: Role, code?: number];

function casesOf(layout: Layout): readonly Case[] {
  const [first, second] = histories[layout];
  const id = first?.aggregateId.hex ?? '';
  const file = join(folder, `${other[layout]}.ndjson`);
  const named = { id, timestamp: second?.timestamp.toString() ?? '', file, aggregate: 'tally' };
  const { 'migrate up': up = [], 'migrate rollback': rollback = [], ...others } = writingCommands(named);
  const writing = Object.entries(others).filter(([words]) => !words.startsWith('migrate '));
  const reading = Object.entries(readingCommands(named));
  /** Other uses of a command, each before one of the catalogue's, when it has something to do. */
  const before: Readonly<Record<string, readonly Case[]>> = {
    'snapshot create': [['snapshot verify', [id, '--fix'], 'writer']],
    'snapshot delete': [['snapshot delete', [id, '--reason', 'only a plan'], 'reader']],
    import: [['import', ['--file', file, '--dry-run'], 'writer']],
    'commands prune': [['commands prune', ['--older-than', '30d'], 'reader']],
    erase: [
      ['erase', [id, '--reason', 'only a plan'], 'reader'],
      ['erase', [id, '--paths', '/n', '--reason', 'asked to', '--execute'], 'writer'],
    ],
  };
  return [
    ...reading.map(([words, argv]): Case => [words, argv, 'reader', words === 'diff' ? 1 : 0]),
    ['verify', [], 'reader'],
    ['stats', [], 'reader'],
    ['export', ['--file', join(folder, `${layout} again.ndjson`)], 'reader'],
    ['migrate status', ['--exit-code'], 'reader'],
    ['migrate sql', ['--roles', ...NAMES], 'reader'],
    ['migrate', [], 'reader'],
    ['append', ['new', '--type', 'happened', '--body', '{"n": 1}'], 'writer'],
    ...writing.flatMap(([words, argv]): Case[] => [...(before[words] ?? []), [words, argv, 'writer']]),
    ['migrate index add', [], 'migrator'],
    ['migrate index drop', [], 'migrator'],
    // It is laid out so already: another layout is for a migrator with CREATE on the database, too.
    ['migrate layout', layout === 'plain' ? ['--plain'] : ['--partitions', '4'], 'reader'],
    ['migrate rollback', rollback, 'migrator'],
    ['migrate up', up, 'migrator'],
  ];
}

test.serial.before(async () => {
  const name = `"${databaseName.replaceAll('"', '""')}"`;
  await server.raw(`CREATE DATABASE ${name}`);
  await server.raw(`REVOKE ALL ON DATABASE ${name} FROM PUBLIC`);
  await knex.raw('REVOKE ALL ON SCHEMA public FROM PUBLIC');
  for (const role of [...ROLES, 'appender'] as const)
    await server.raw(`CREATE ROLE ?? LOGIN PASSWORD 'secret'`, nameOf(role));
  writeFileSync(
    join(folder, 'maestro.config.ts'),
    `import { defineAggregate } from 'maestro-store';
     export default { aggregates: [defineAggregate({
       name: 'tally', initialState: () => ({ n: 0 }), commands: {}, events: { happened: (_, { n }: { n: number }) => ({ n }) }, owns: { firstEvents: ['happened'] },
     })] };`,
  );
});

test.after.always(async () => {
  await knex.destroy();
  await server.raw(`DROP DATABASE IF EXISTS ?? WITH (FORCE)`, databaseName);
  for (const role of [...ROLES, 'appender'] as const) await server.raw('DROP ROLE IF EXISTS ??', nameOf(role));
  await server.destroy();
});

/** Runs a command as a role, or as the superuser, in a terminal in which somebody presses q when it is asked for one. */
async function maestro(
  schema: string,
  role: Role | 'appender' | undefined,
  argv: readonly string[],
): Promise<CliResult> {
  const env = { MAESTRO_DATABASE_URL: url(role && nameOf(role)), MAESTRO_SCHEMA: schema, NO_COLOR: '1' };
  return await runAny(argv, { cwd: folder, env });
}

/** Runs a script as psql would, as the superuser. */
async function execute(script: string): Promise<void> {
  const client = new pg.Client({ connectionString: url() });
  await client.connect();
  try {
    await client.query(script);
  } finally {
    await client.end();
  }
}

/** All that the database holds (relations with their owners and rights, and the rows of the tables), and the folder. */
async function contents(): Promise<unknown> {
  const { rows } = await knex.raw<{ rows: { name: string; kind: string }[] }>(
    `SELECT c.oid::regclass::text AS name, relkind AS kind, relowner, relacl::text FROM pg_class c
     JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname !~ '^pg_|^information_schema$' ORDER BY 1`,
  );
  const tables = rows.filter(({ kind }) => kind === 'r');
  const stored = await Promise.all(
    tables.map(({ name }) => knex.raw<{ rows: unknown }>(`SELECT * FROM ${name} ORDER BY 1`)),
  );
  const schemas = await knex.raw<{ rows: unknown }>('SELECT nspname, nspacl::text FROM pg_namespace ORDER BY 1');
  return [rows, schemas.rows, stored.map(({ rows: all }) => all), readdirSync(folder)];
}

/** Output of `migrate sql --roles`, which changes nothing. */
async function printed(t: ExecutionContext, schema: string, names: readonly string[] = NAMES): Promise<string> {
  const before = await contents();
  const { code, stdout, stderr } = await maestro(schema, undefined, ['migrate', 'sql', '--roles', ...names]);
  t.deepEqual([code, stderr], [0, '']);
  t.deepEqual(await contents(), before, 'printing grants nothing');
  return stdout;
}

const REFUSED =
  /^error: The (role may not do this: (permission denied (for|to) |must be owner of )|database cannot be reached: permission denied for ).*\.\nhint: Grant the role what is named \(`maestro doctor[^`]*` prints the GRANT\), or log in with another role\.\n$|^error: Only the owner of the event log can change its indexes, and .* is not\.\nhint: Log in as .*\. Nothing was changed\.\n$/m;

/** The role is refused, is told of what, and nothing changes. */
async function isRefused(
  t: ExecutionContext,
  schema: string,
  role: Role | 'appender',
  argv: readonly string[],
): Promise<void> {
  const before = await contents();
  const { code, stdout, stderr } = await maestro(schema, role, argv);
  const what = `${role}: ${argv.join(' ')}\n${stderr}`;
  t.deepEqual([code, stdout], [4, ''], what);
  t.regex(stderr, REFUSED, what);
  t.deepEqual(await contents(), before, what);
}

/** Checks of doctor that fail. */
async function failures(schema: string, role: Role | undefined): Promise<string[]> {
  const { stdout } = await maestro(schema, role, ['doctor', '-q']);
  return stdout.split('\n').filter(Boolean).sort();
}

test.serial('who may not even connect is told so', async (t) => {
  await isRefused(t, 'public', 'stranger', ['events', anId().hex]);
  await server.raw(`GRANT CONNECT ON DATABASE ?? TO ??`, [databaseName, nameOf('stranger')]);
});

for (const [layout, schema] of Object.entries(LAYOUTS) as [Layout, string][])
  test.serial(
    `with what is printed before the first migration the migrator alone can make the tables (${layout})`,
    async (t) => {
      await execute(await printed(t, schema));
      const argv = ['migrate', 'up', '--partitions', layout === 'plain' ? '1' : '4'];
      for (const role of ['stranger', 'reader', 'writer'] as const) await isRefused(t, schema, role, argv);
      t.like(await maestro(schema, 'migrator', argv), { code: 0, stderr: '' });
      t.is((await maestro(schema, 'reader', ['events', anId().hex])).code, 3, 'what is made can be read at once');
      await isRefused(t, schema, 'writer', ['append', 'new', '--type', 'a', '--body', '{}']);

      const script = await printed(t, schema);
      t.false(script.includes('OWNER'), 'the tables are the migrator’s already');
      await execute(script);

      const store = new PostgresStore(knex, { schema });
      await store.commitEvents([
        ...histories[layout],
        anEvent(anId(), { metadata: { correlationId: SAMPLE_CORRELATION } }),
      ]);
      await store.commitSnapshot({
        aggregateId: histories[layout][0]?.aggregateId ?? anId(),
        sequence: 2,
        body: { n: 2 },
      });
      const file = join(folder, `${layout}.ndjson`);
      t.is((await maestro(schema, 'reader', ['export', '--file', file])).code, 0);
    },
  );

for (const [layout, schema] of Object.entries(LAYOUTS) as [Layout, string][])
  test.serial(
    `every command does its work under its least role, and the next weaker one is refused (${layout})`,
    async (t) => {
      for (const [words, argv, least, expected = 0] of casesOf(layout)) {
        const line = [...words.split(' '), ...argv];
        const weaker = ROLES[ROLES.indexOf(least) - 1] ?? 'stranger';
        // What doctor cannot look at is what it finds; what it finds of the server is the same for all.
        if (words === 'doctor') {
          t.deepEqual(await failures(schema, weaker), [...(await failures(schema, undefined)), 'rights'].sort());
          t.deepEqual(await failures(schema, least), await failures(schema, undefined));
          continue;
        }
        await isRefused(t, schema, weaker, line);
        const { code, stderr } = await maestro(schema, least, line);
        t.is(code, expected, `${least}: ${line.join(' ')}\n${stderr}`);
      }
    },
  );

test.serial(
  '--no-erase takes the rights away with which events could be changed or removed, and the rest stays',
  async (t) => {
    const schema = LAYOUTS.plain;
    const names = [...NAMES, '--writer', nameOf('appender')];
    await execute(await printed(t, schema, names));
    const append = async () => {
      const line = ['append', 'new', '--type', 'a', '--body', '{"n": 1}', '-q'];
      const { code, stdout, stderr } = await maestro(schema, 'appender', line);
      t.is(code, 0, stderr);
      return stdout.trim();
    };
    const erase = ['erase', await append(), '--reason', 'asked to', '--execute'];
    t.is((await maestro(schema, 'appender', erase)).code, 0);
    const script = await printed(t, schema, [...names, '--no-erase']);
    t.notRegex(script, /GRANT [A-Z, ]*DELETE ON [^;]*(?:event_log|snapshots|maestro_commands)/);
    await execute(script);
    const id = await append();
    for (const paths of [[], ['--paths', '/n']])
      await isRefused(t, schema, 'appender', ['erase', id, ...paths, '--reason', 'to hide it', '--execute']);
    for (const sequence of ['1', '2']) {
      t.is((await maestro(schema, 'appender', ['append', id, '--type', 'a', '--body', '{"n": 1}'])).code, 0);
      const put = ['snapshot', 'put', id, '--sequence', sequence, '--body', '{}'];
      t.is((await maestro(schema, 'appender', put)).code, 0, 'a snapshot is made, and replaced by a newer one');
    }
  },
);

test.serial('tables that the migrator makes later can be read by all', async (t) => {
  const schema = LAYOUTS.partitioned;
  const name = `"${schema}".made_later`;
  const migrator = testKnex({ connection: url(nameOf('migrator')) });
  t.teardown(() => migrator.destroy());
  await migrator.raw(`CREATE TABLE ${name} (n integer)`);
  t.teardown(() => knex.raw(`DROP TABLE ${name}`));
  const { rows } = await knex.raw<{ rows: unknown[] }>(
    `SELECT has_table_privilege(?::name, ?, 'SELECT') AS reader, has_table_privilege(?::name, ?, 'SELECT') AS writer,
     has_table_privilege(?::name, ?, 'INSERT, UPDATE, DELETE') AS changed`,
    [nameOf('reader'), name, nameOf('writer'), name, nameOf('writer'), name],
  );
  t.deepEqual(rows, [{ reader: true, writer: true, changed: false }]);
});

test.serial('without the lines of erasing, a role can append and never alter or remove an event', async (t) => {
  const schema = LAYOUTS.plain;
  const script = await printed(t, schema, [...NAMES, '--writer', nameOf('appender')]);
  const [start, erasing, rest] = script.split(/^(?=-- It erases)|(?=^COMMIT)/m);
  t.regex(erasing ?? '', /GRANT UPDATE, DELETE ON .*event_log/);
  await execute(`${start}${rest}`);
  const { code, stdout } = await maestro(schema, 'appender', [
    'append',
    'new',
    '--type',
    'a',
    '--body',
    '{"n": 1}',
    '-q',
  ]);
  t.is(code, 0);
  const id = stdout.trim();
  t.is((await maestro(schema, 'appender', ['snapshot', 'put', id, '--sequence', '1', '--body', '{}'])).code, 0);
  await isRefused(t, schema, 'appender', ['erase', id, '--reason', 'to hide it', '--execute']);
  await isRefused(t, schema, 'appender', ['erase', id, '--paths', '/n', '--reason', 'to hide it', '--execute']);
});

for (const partitions of ['1', '3'])
  test.serial(
    `tables that another role made become the migrator's, who can drop them then (${partitions} partitions)`,
    async (t) => {
      const schema = `made_before_${partitions}`;
      t.is((await maestro(schema, undefined, ['migrate', '--partitions', partitions])).code, 0);
      await execute(`GRANT USAGE ON SCHEMA ${schema} TO "${nameOf('migrator').replaceAll('"', '""')}"`);
      await isRefused(t, schema, 'migrator', ['migrate', 'rollback']);
      await execute(await printed(t, schema));
      t.false((await printed(t, schema)).includes('OWNER'));
      for (const words of ['rollback', 'up', 'rollback'])
        t.like(await maestro(schema, 'migrator', ['migrate', words]), { code: 0, stderr: '' });
    },
  );

test.serial('tables that are adopted stay with their owner; the migrator records and forgets them', async (t) => {
  const schema = 'adopted';
  t.is((await maestro(schema, undefined, ['migrate', '--partitions', '2'])).code, 0);
  await execute(`DROP TABLE ${schema}.maestro_migrations, ${schema}.maestro_commands`);
  await execute(`DROP TABLE ${PROJECTION_TABLES.map((table) => `${schema}.${table}`).join(', ')}`);
  const owners = () =>
    knex.raw(
      `SELECT tablename, tableowner FROM pg_tables WHERE schemaname = ? AND tablename <> 'maestro_migrations' ORDER BY 1`,
      [schema],
    );
  const { rows: before } = await owners();
  t.is(before.length, 4);

  await execute(await printed(t, schema));
  t.like(JSON.parse((await maestro(schema, 'migrator', ['migrate', '-o', 'json'])).stdout), {
    applied: ADOPTION.applied,
    adopted: { length: 2 },
  });
  await execute(await printed(t, schema));
  t.is((await maestro(schema, 'writer', ['append', 'new', '--type', 'a', '--body', '{}'])).code, 0);
  t.deepEqual(await failures(schema, 'migrator'), await failures(schema, undefined));
  t.is((await maestro(schema, 'migrator', ['migrate', 'rollback'])).code, 0);

  t.deepEqual((await owners()).rows, before);
});

test.serial(
  'before the table of command ids is there, the rest is granted, and the script says what to do',
  async (t) => {
    const schema = 'old';
    t.is((await maestro(schema, undefined, ['migrate'])).code, 0);
    await execute(
      `DROP TABLE ${schema}.maestro_commands; DELETE FROM ${schema}.maestro_migrations WHERE name LIKE '0003%'`,
    );
    const script = await printed(t, schema);
    t.regex(
      script,
      /^-- There is no table for command ids yet: run `maestro migrate` as .*, then print this again\.$/m,
    );
    await execute(script);
    t.is((await maestro(schema, 'writer', ['append', 'new', '--type', 'a', '--body', '{}'])).code, 0);
    t.is((await maestro(schema, 'migrator', ['migrate'])).code, 0);
    await isRefused(t, schema, 'writer', ['commands', 'prune', '--older-than', '30d', '--execute']);
    await execute(await printed(t, schema));
    t.is((await maestro(schema, 'writer', ['commands', 'prune', '--older-than', '30d', '--execute'])).code, 0);
  },
);

test.serial('the roles have names that say what they are for, unless others are given', async (t) => {
  const script = await printed(t, 'nowhere', []);
  for (const name of ['reader', 'writer', 'migrator']) t.true(script.includes(`"maestro_${name}"`));
  const { stdout } = await maestro('nowhere', undefined, ['migrate', 'sql', '--roles', '-o', 'json']);
  t.deepEqual(JSON.parse(stdout), { sql: script });
  const one = await maestro('nowhere', undefined, ['migrate', 'sql', '--roles', '-o', 'ndjson']);
  t.deepEqual(JSON.parse(one.stdout), { sql: script });
});

test.serial('a name is a name, whatever is in it: it neither ends its quotation marks nor its line', async (t) => {
  await execute('CREATE SCHEMA hostile');
  for (const name of [
    `a"; DROP SCHEMA hostile; --${suffix}`,
    `a\n; DROP SCHEMA hostile; --${suffix}`,
    `a\\"\\0041\u202e\r"${suffix}`,
    `'; DROP ${suffix}`,
    `\u00fc\u{1f3bc}\u{e0041}${suffix}`,
  ]) {
    await server.raw('CREATE ROLE ??', name);
    t.teardown(() => server.raw('DROP ROLE ??', name));
    const script = await printed(t, 'hostile', ['--migrator', name, '--reader', name, '--writer', name]);
    t.notRegex(script.replaceAll('\n', ''), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    await execute(script);
    const { rows } = await knex.raw<{ rows: { may: boolean }[] }>(
      "SELECT has_schema_privilege(?::name, 'hostile', 'CREATE') AS may",
      name,
    );
    t.deepEqual(rows, [{ may: true }], name);
    await knex.raw('DROP OWNED BY ??', name);
  }
});

test.serial('what names no role, or has no roles, is wrong usage', async (t) => {
  for (const [argv, message] of [
    [['--roles', '--reader', 'public'], /^error: "public" is not the name of a role\.\nhint: /],
    [['--roles', '--writer', 'none'], /^error: "none" is not the name of a role\./],
    [['--roles', '--migrator', ''], /^error: "" is not the name of a role\./],
    [['--roles', '--reader', 'ü'.repeat(32)], /is not the name of a role\./],
    [['--roles', '--reader', 'a\0b'], /is not the name of a role\./],
    [['--roles', '--partitions', '4'], /^error: --partitions has no meaning with --roles, which prints GRANTs\.\n/],
    [['--no-erase'], /^error: --no-erase works only together with --roles\.\nhint: Add --roles/],
    [
      ['--roles', '--no-erase', '--writer', 'a', '--migrator', 'a'],
      /is named as writer and as migrator, which owns the tables/,
    ],
    [['--writer', 'app'], /^error: --writer works only together with --roles\.\nhint: Add --roles/],
  ] as const) {
    const { code, stdout, stderr } = await maestro('nowhere', undefined, ['migrate', 'sql', ...argv]);
    t.deepEqual([code, stdout], [2, ''], stderr);
    t.regex(stderr, message);
  }
  const embedded = await runCli(['migrate', 'sql', '--roles'], { cwd: folder });
  t.is(embedded.code, 2);
  t.regex(
    embedded.stderr,
    /^error: The embedded database has no roles: .*\nhint: Name a server, for example with --url/,
  );
});
