import type { Command } from 'commander';
import type { Finding } from '../../admin/diagnose/finding.js';
import type { Database } from '../../connection/database.js';
import type { ConnectionSettings } from '../../connection/settings.js';
import type { CliContext } from '../context.js';
import { FOUND } from '../exit-codes.js';
import type { Output } from '../output/output.js';
import { createSession, type Session, sessionSettings, withDatabase } from '../session.js';
import { versionsBesideElixir } from '../versions-beside-elixir.js';

/** Declares `maestro doctor`; `exit` is told when a check fails. */
export function registerDoctor(program: Command, context: CliContext, exit: (code: number) => void): void {
  program
    .command('doctor')
    .summary('check the connection, the server and its settings')
    .description(
      'Check what could go wrong, each with a remedy: connection, version, encryption, pooler, rights of the role, tables, ' +
        'clocks, and settings with which events could be lost. Changes nothing. Exits with 1 when a check fails, and with ' +
        '4 when the database cannot be reached.',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ maestro doctor
  $ maestro doctor --url postgres://app@db.example/app?sslmode=verify-full -o ndjson`,
    )
    .action(async (_options: object, command: Command) => {
      if (await doctor(createSession(context, command))) exit(FOUND);
    });
}

async function doctor(session: Session): Promise<boolean> {
  const settings = await sessionSettings(session);
  const findings = await withDatabase(session, (database) => collect(database, settings, session), { settings });
  await print(findings, session.output);
  return findings.some(({ status }) => status === 'failure');
}

async function collect(
  database: Database,
  { target, pooler }: ConnectionSettings,
  session: Session,
): Promise<Finding[]> {
  const [{ diagnose }, { select }, { isLocal }] = await Promise.all([
    import('../../admin/diagnose/diagnose.js'),
    import('../../admin/log/select.js'),
    import('../../connection/address/database-url.js'),
  ]);
  const times: number[] = [];
  for (let round = 0; round < 4; round += 1) {
    const start = performance.now();
    await select(database, 'SELECT 1');
    times.push(performance.now() - start);
  }
  const findings: Finding[] = [
    {
      check: 'connection',
      status: 'ok',
      found: `${database.location}, ${Math.min(...times).toFixed(1)} ms for a round trip`,
    },
  ];
  if (!database.embedded) findings.push(await poolerFinding(database, pooler));
  const isLocalServer = 'server' in target && isLocal(target.server.host);
  for await (const finding of diagnose(database, { embedded: database.embedded, isLocal: isLocalServer }))
    findings.push(finding);
  const { aggregates = [] } = await session.configuration();
  findings.push(
    aggregates.length > 0
      ? { check: 'handlers', status: 'ok', found: aggregates.map(({ name }) => name).join(', ') }
      : {
          check: 'handlers',
          status: 'note',
          found: 'none are configured: states are merged from bodies',
          remedy: 'List your aggregates in maestro.config.ts to see the states of your application.',
        },
  );
  const versions = versionsBesideElixir(aggregates, database.interop);
  if (versions !== undefined) findings.push({ check: 'snapshot versions', status: 'warning', ...versions });
  return findings;
}

/** Whether a pooler is in between, as far as it shows: the server then sees another port than the one used here. */
async function poolerFinding({ knex }: Database, pooler: ConnectionSettings['pooler']): Promise<Finding> {
  const { seenPorts } = await import('../../admin/diagnose/ports.js');
  const ports = await seenPorts(knex);
  const isBetween = ports !== undefined && ports.here !== ports.there;
  if (pooler === 'transaction')
    return { check: 'pooler', status: 'ok', found: 'transaction mode: no named statements, no state of a session' };
  if (!isBetween) return { check: 'pooler', status: 'ok', found: 'none in between' };
  return {
    check: 'pooler',
    status: 'note',
    found: 'something is in between: a pooler, or a proxy',
    remedy: 'If it is PgBouncer in transaction mode, add --pooler transaction.',
  };
}

async function print(findings: readonly Finding[], output: Output): Promise<void> {
  if (output.quiet) {
    for (const { check, status } of findings) if (status === 'failure') await output.line(check);
    return;
  }
  if (output.format !== 'table') {
    const { listed, map } = await import('../output/iterate.js');
    return await output.jsonItems(map(listed(findings), (finding) => JSON.stringify(finding)));
  }
  const { factTable } = await import('../render/fact-table.js');
  const rows = findings.flatMap(({ check, status, found, remedy }) => [
    [check, `${SIGNS[status]} ${found}`] as const,
    ...(remedy === undefined ? [] : [['', `  ${remedy}`] as const]),
  ]);
  await output.line(factTable(rows, output.style, output.columns, SIGN_WIDTH));
}

/** The width of a sign and the space behind it. */
const SIGN_WIDTH = 2;
const SIGNS = { ok: '✓', note: 'i', warning: '!', failure: '✗' } as const;
