import { diagnose } from '../../../admin/diagnose/diagnose.js';
import type { Finding } from '../../../admin/diagnose/finding.js';
import { seenPorts } from '../../../admin/diagnose/ports.js';
import { select } from '../../../admin/log/select.js';
import { isLocal } from '../../../connection/address/database-url.js';
import type { Database } from '../../../connection/database.js';
import type { ConnectionSettings } from '../../../connection/settings.js';
import { objectText } from '../../../json/text/object-text.js';
import { DONE, type ExitCode, FOUND } from '../../exit-codes.js';
import { map } from '../../output/iterate.js';
import type { Output } from '../../output/output.js';
import { factTable } from '../../render/fact-table.js';
import { databaseSettings } from '../../database/database-settings.js';
import { withDatabase } from '../../database/with-database.js';
import type { Invocation } from '../../invocation.js';
import { elixirVersionFault } from '../../../folding/elixir-snapshot-versions.js';

/** Runs all checks, and exits with 1 when one fails. */
export async function run(_options: object, invocation: Invocation): Promise<ExitCode> {
  const settings = await databaseSettings(invocation);
  const findings = await withDatabase(invocation, (database) => collectFindings(database, settings, invocation), {
    settings,
  });
  await print(findings, invocation.output);
  return findings.some(({ status }) => status === 'failure') ? FOUND : DONE;
}

async function collectFindings(
  database: Database,
  { target, pooler }: ConnectionSettings,
  invocation: Invocation,
): Promise<Finding[]> {
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
  const { aggregates = [] } = await invocation.configuration();
  findings.push(
    aggregates.length > 0
      ? { check: 'handlers', status: 'ok', found: aggregates.map(({ name }) => name).join(', ') }
      : {
          check: 'handlers',
          status: 'note',
          found: 'none are configured, so states are made by merging bodies',
          remedy: 'List your aggregates in maestro.config.ts to see the states of your application.',
        },
  );
  const versions = elixirVersionFault(aggregates, database.interop);
  if (versions !== undefined) findings.push({ check: 'snapshot versions', status: 'warning', ...versions });
  return findings;
}

/** The finding about a pooler or proxy, which shows in that the server sees another port than the one used here. */
async function poolerFinding({ knex }: Database, pooler: ConnectionSettings['pooler']): Promise<Finding> {
  const ports = await seenPorts(knex);
  const isBetween = ports !== undefined && ports.here !== ports.there;
  if (pooler === 'transaction')
    return {
      check: 'pooler',
      status: 'ok',
      found: 'transaction mode: no prepared statements and no session settings are used',
    };
  if (!isBetween) return { check: 'pooler', status: 'ok', found: 'none found' };
  return {
    check: 'pooler',
    status: 'note',
    found: 'there is a pooler or a proxy in front of the server',
    remedy: 'If it is PgBouncer in transaction mode, add --pooler transaction.',
  };
}

async function print(findings: readonly Finding[], output: Output): Promise<void> {
  await output.inForm({
    ids: () => {
      const failed = findings.filter(({ status }) => status === 'failure');
      return output.lines(failed, ({ check }) => check);
    },
    json: () => output.jsonItems(map(findings, objectText)),
    table: async () => {
      const rows = findings.flatMap(({ check, status, found, remedy }) => [
        [check, `${SIGNS[status]} ${found}`] as const,
        ...(remedy === undefined ? [] : [['', `  ${remedy}`] as const]),
      ]);
      await output.line(factTable(rows, output.style, output.columns, SIGN_WIDTH));
    },
  });
}

/** The width of a sign and the space behind it. */
const SIGN_WIDTH = 2;

const SIGNS = { ok: '✓', note: 'i', warning: '!', failure: '✗' } as const;
