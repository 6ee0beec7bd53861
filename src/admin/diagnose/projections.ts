import { type CopyActivity, copyActivity } from '../../store/positions/copy-activity.js';
import type { PositionLag } from '../../store/positions/lag-slices.js';
import { WORKER_PATIENCE } from '../../store/positions/workers.js';
import { projectionTables } from '../../store/projection-tables.js';
import { DEFAULT_SCHEMA } from '../../store/schema-name.js';
import type { EventLog } from '../log/event-log.js';
import { select } from '../log/select.js';
import { type ComparisonBound, comparePositions } from './compare-positions.js';
import { counted } from '../../text/figures.js';
import { type Finding, finding, fine } from './finding.js';

/** A finding about one copy. */
interface Examined extends CopyActivity, PositionLag {
  readonly name: string;
  readonly version: number;
  /** The name, with the version of a projection, and whether it is being filled. */
  readonly title: string;
  readonly isSubscription: boolean;
  /** Its tables that are not there any more, with their schema. */
  readonly gone: readonly string[];
}

/**
 * Checks projections and subscriptions: does a worker run those that are behind, is anything parked, are positions ahead of
 * the log, are their tables there? No finding where there are none, or no tables for them yet.
 */
export async function checkProjections(log: EventLog, bound?: ComparisonBound): Promise<Finding[]> {
  const mayRead = await mayReadProjections(log);
  if (mayRead === undefined) return [];
  if (!mayRead)
    return [
      finding(
        'projections',
        'note',
        'the role may not read how far projections are, so they were not checked',
        '`maestro migrate sql --roles` prints what each role needs.',
      ),
    ];
  const { copies, part } = await examine(log, bound);
  const found = [
    ...copies.flatMap((copy) => findingsOf(copy, newerOf(copy, copies))),
    ...(part === undefined ? [] : [partOnly(part)]),
  ];
  const names = copies.filter(({ status }) => status !== 'retired').map(({ title }) => title);
  if (found.length > 0 || names.length === 0) return found;
  return [fine('projections', names.join(', '))];
}

/** True when the role may read all that is asked of projections; `undefined` when the tables are not there. */
async function mayReadProjections(log: EventLog): Promise<boolean | undefined> {
  const { projections, positions, parked, workers } = projectionTables(log.schema ?? DEFAULT_SCHEMA);
  const tables = [projections, positions, parked, workers];
  const sql = `SELECT bool_and(has_table_privilege(to_regclass(name), 'SELECT')), bool_and(to_regclass(name) IS NOT NULL)
FROM unnest(ARRAY[${tables.map(() => '?').join(', ')}]) AS name`;
  const [row] = await select<[boolean | null, boolean]>(log, sql, tables);
  return row?.[1] === true ? row[0] === true : undefined;
}

/** The copies, and how much of the log their positions were compared with if not with all. */
async function examine(
  log: EventLog,
  bound?: ComparisonBound,
): Promise<{ readonly copies: Examined[]; readonly part: string | undefined }> {
  const { knex, schema = DEFAULT_SCHEMA } = log;
  const activities = await copyActivity(knex, schema);
  const following = [...activities].filter(([, { status }]) => status !== 'retired').map(([copy]) => copy);
  const { lags, part } = await comparePositions(log, following, bound);
  const copies: Examined[] = [];
  for (const { copy, ...row } of await describeCopies(log)) {
    const activity = activities.get(copy);
    if (activity !== undefined)
      copies.push({ ...row, ...activity, ...(lags.get(copy) ?? { aggregatesBehind: 0, eventsBehind: 0, ahead: 0 }) });
  }
  return { copies, part };
}

function partOnly(part: string): Finding {
  return finding(
    'projections',
    'note',
    `positions were compared with a part of the log only, which would have taken too long: ${part}`,
    '`maestro projections status` compares them with all of it.',
  );
}

/** The copies, with their tables that are gone. Roles without a right to the schema of the tables may read the catalog, too. */
async function describeCopies(log: EventLog) {
  const { projections } = projectionTables(log.schema ?? DEFAULT_SCHEMA);
  const sql = `SELECT id, name, version, kind, status, coalesce((SELECT json_agg(coalesce(build_schema, live_schema) || '.' || wanted ORDER BY wanted)::text
  FROM unnest(tables) AS wanted WHERE status <> 'retired' AND NOT EXISTS (
    SELECT FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = coalesce(build_schema, live_schema) AND c.relname = wanted)), '[]')
FROM ${projections} ORDER BY name, id`;
  const rows = await select<[number, string, number, string, string, string]>(log, sql);
  return rows.map(([copy, name, version, kind, status, gone]) => {
    const isSubscription = kind === 'subscription';
    const facts = [...(isSubscription ? [] : [`version ${version}`]), ...(status === 'live' ? [] : [status])];
    const title = facts.length === 0 ? name : `${name} (${facts.join(', ')})`;
    return { copy, name, version, title, isSubscription, gone: JSON.parse(gone) as string[] };
  });
}

/** The newer version of a live copy that is being filled. */
function newerOf({ name, version, status }: Examined, copies: readonly Examined[]): number | undefined {
  return copies.find(
    (each) => status === 'live' && each.status === 'building' && each.name === name && each.version > version,
  )?.version;
}

/** The worker of a copy in words. A configuration lists only what needs nothing of the application, such as its store. */
function workerOf(name: string): string {
  return `your application with \`runProjections\`, or \`maestro projections run ${name}\` if your configuration lists it`;
}

function findingsOf(copy: Examined, newer: number | undefined): Finding[] {
  const { name, title, status, failed, gaps, ahead, aggregatesBehind, eventsBehind, workers, gone } = copy;
  const warning = (found: string, remedy: string) => finding('projections', 'warning', `${title}: ${found}`, remedy);
  const anew = copy.isSubscription ? '' : ` \`maestro projections rebuild ${name}\` makes its tables anew.`;
  if (status === 'retired')
    return [
      finding(
        'projections',
        'note',
        `${title} was replaced, and has not been removed yet`,
        `Any worker removes it: ${workerOf(name)}.`,
      ),
    ];
  const found: Finding[] = [];
  if (gone.length > 0)
    found.push(
      finding('projections', 'failure', `${title}: there is no table ${gone.join(', ')} any more`, anew.trim()),
    );
  if (newer !== undefined && workers === 0)
    found.push(
      warning(
        `no worker has its handlers, and its tables, which queries find until version ${newer} is filled, get only what commits of that version take in`,
        `Until then, run a worker where the old code is, too: ${workerOf(name)}.`,
      ),
    );
  else if (aggregatesBehind > failed + gaps && workers === 0)
    found.push(
      warning(
        `${counted(eventsBehind, 'event')} of ${counted(aggregatesBehind, 'aggregate')} not taken in, and no worker was seen for ${WORKER_PATIENCE} seconds`,
        `Start what runs it: ${workerOf(name)}; or, if no code has it any more, \`maestro projections drop ${name}\`.`,
      ),
    );
  if (failed > 0)
    found.push(
      warning(
        `${counted(failed, 'aggregate')} parked, because an event of each could not be taken in`,
        `\`maestro projections status\` shows the errors. When the handlers are right, \`maestro projections retry ${name}\`.${copy.isSubscription ? '' : ` If setUp was changed: \`maestro projections rebuild ${name}\`.`}`,
      ),
    );
  if (gaps > 0)
    found.push(
      warning(
        `${counted(gaps, 'aggregate')} parked, because an event is missing before the next one`,
        '`maestro verify` shows what is missing in the log.',
      ),
    );
  if (ahead > 0)
    found.push(
      warning(
        `${counted(ahead, 'aggregate')} with a position beyond the last event: events were removed, and later ones with these sequences will not be taken in`,
        `\`maestro verify\` names them.${anew}`,
      ),
    );
  return found;
}
