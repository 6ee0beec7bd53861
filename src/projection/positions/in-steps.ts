import type { Knex } from 'knex';
import { Timestamp } from '../../hlc/timestamp.js';
import { driverOf } from '../../store/driver/driver-of.js';
import type { Answer, BoundStatement } from '../../store/driver/driver.js';
import { namelessStatement, preparedStatement } from '../../store/driver/statement.js';
import { TELL_SETTINGS } from '../../store/layout/tell-settings.js';
import { keepCopies } from '../../store/positions/keep-copies.js';
import {
  liveCopies,
  liveCopiesOf,
  type LiveCopyRow,
  SESSION_STATE,
  sessionOf,
  type SessionRow,
} from '../../store/positions/live-copies.js';
import { markMoves } from '../../store/positions/recorded-moves.js';
import { projectionTables } from '../../store/projection-tables.js';
import { byteaArray, integerArray } from '../../store/read/rows.js';
import { checkSchemaName } from '../../store/schema-name.js';
import { PATIENCE, type PositionsForm } from './positions-form.js';

const built = new Map<string, PositionsForm>();

/**
 * Locks and moves positions by statements that go to the shard of their aggregates as they are: the form for a Citus cluster, where what inserts
 * rows that it finds elsewhere would be a two-phase commit. Which copies there are, and whether moves are recorded, is read after the
 * positions are locked, since that keeps out whoever changes it.
 */
export function positionsInSteps(schema: string): PositionsForm {
  let form = built.get(schema);
  if (form === undefined) built.set(schema, (form = build(checkSchemaName(schema))));
  return form;
}

type PlaceRow = readonly [aggregateId: string, sequence: number];

function build(schema: string): PositionsForm {
  const { projections, positions, parked, moves } = projectionTables(schema);
  const places = `SELECT encode(aggregate_id, 'hex'), sequence FROM ${positions} WHERE copy = $1::integer AND aggregate_id = ANY ($2::bytea[])
ORDER BY aggregate_id FOR UPDATE`;
  const lock = preparedStatement(`${places} SKIP LOCKED`);
  const lockWaiting = preparedStatement(places);
  const copyAs = preparedStatement(`SELECT id FROM ${projections} WHERE id = ?::integer AND status = ?::text`);
  const lockLive = preparedStatement(`SELECT place.copy, encode(place.aggregate_id, 'hex'), place.sequence
FROM ${positions} AS place JOIN ${projections} AS copy ON copy.id = place.copy
WHERE copy.name = ?::text AND copy.version = ?::integer AND copy.status = 'live' AND place.aggregate_id = ?::bytea FOR UPDATE OF place`);
  const named = preparedStatement(`SELECT count(*)::integer FROM ${projections} WHERE name = ?::text`);
  const isRecorded = preparedStatement(`SELECT 1 FROM ${moves} WHERE copy = ?::integer AND aggregate_id IS NULL`);
  const move =
    preparedStatement(`WITH healed AS (DELETE FROM ${parked} WHERE copy = $1::integer AND aggregate_id = ANY ($2::bytea[]))
UPDATE ${positions} AS stored SET sequence = given.sequence FROM unnest($2::bytea[], $3::integer[]) AS given(aggregate_id, sequence)
WHERE stored.copy = $1::integer AND stored.aggregate_id = given.aggregate_id AND stored.aggregate_id = ANY ($2::bytea[])`);

  /** Makes the positions of aggregates, but those that others have made. */
  const make = async (transaction: Knex.Transaction, copy: number, aggregates: readonly Timestamp[]) => {
    const rows = aggregates.map((_, index) => `($1::integer, decode($${index + 2}, 'hex'), 0)`).join(', ');
    const sql = `INSERT INTO ${positions} (copy, aggregate_id, sequence) VALUES ${rows} ON CONFLICT DO NOTHING
RETURNING encode(aggregate_id, 'hex'), sequence`;
    const bindings = [copy, ...aggregates.map(({ hex }) => hex)];
    return (await driverOf(transaction).send<PlaceRow>(namelessStatement(sql), bindings)).rows;
  };

  return {
    async lock(transaction, { id, status }, aggregates) {
      const locks = aggregates.length === 0 ? [] : [{ statement: lock, bindings: [id, byteaArray(aggregates)] }];
      const [timeout, session, , , ...rest] = (await driverOf(transaction).sendTogether([
        LOCK_TIMEOUT_NOW,
        SESSION_STATE,
        ...shortPatience,
        ...locks,
        { statement: copyAs, bindings: [id, status] },
      ])) as [Answer<[string]>, Answer<SessionRow>, unknown, unknown, ...Answer<unknown>[]];
      if (rest.at(-1)?.rows.length === 0) return undefined;
      const mine = new Map(locks.length === 0 ? [] : (rest[0] as Answer<PlaceRow>).rows);
      const others = aggregates.filter(({ hex }) => !mine.has(hex));
      for (const [hex, sequence] of others.length > 0 ? await make(transaction, id, others) : [])
        mine.set(hex, sequence);
      const positions = [...mine].map(([hex, sequence]) => ({ hex, position: sequence, stored: sequence }));
      return {
        positions: positions
          .toSorted((a, b) => (a.hex < b.hex ? -1 : 1))
          .map(({ hex, ...place }) => ({ aggregateId: Timestamp.fromHex(hex), ...place })),
        lockTimeout: timeout.rows[0]?.[0] ?? '0',
        currentSchema: sessionOf(session.rows[0]).schema,
      };
    },

    async lockForCommit(transaction, { name, version }, aggregates) {
      const driver = driverOf(transaction);
      const locks = aggregates.map((id) => ({ statement: lockLive, bindings: [name, version, id.encode()] }));
      const [count, state, live, ...locked] = (
        await driver.sendTogether([
          ...locks,
          liveCopies(schema, `${name}:${version}`),
          SESSION_STATE,
          { statement: named, bindings: [name] },
        ])
      ).toReversed() as [Answer<[number]>, Answer<SessionRow>, Answer<LiveCopyRow>, ...Answer<[number, ...PlaceRow]>[]];
      const [copy] = liveCopiesOf(live.rows);
      const { schema: current, searchPath, isolation } = sessionOf(state.rows[0]);
      const mine = new Map<string, number>();
      for (const [id, hex, sequence] of locked.flatMap(({ rows }) => rows))
        if (id === copy?.id) mine.set(hex, sequence);
      for (const id of aggregates) {
        if (copy === undefined || mine.has(id.hex)) continue;
        const made = await make(transaction, copy.id, [id]);
        // A row that somebody made meanwhile was neither there nor to be made; it is there now.
        const bindings = [copy.id, byteaArray([id])];
        const rows = made.length > 0 ? made : (await driver.send<PlaceRow>(lockWaiting, bindings)).rows;
        for (const [hex, sequence] of rows) mine.set(hex, sequence);
      }
      if (copy !== undefined && isolation !== 'read committed') await keepCopies(transaction, schema, [copy.id]);
      return {
        copy: copy?.id,
        isRegistered: (count.rows[0]?.[0] ?? 0) > 0,
        positions: mine,
        elsewhere: copy?.schema === current ? undefined : copy?.schema,
        searchPath,
      };
    },

    async move(transaction, { copy, moves: places }) {
      const ids = places.map(({ aggregateId }) => aggregateId);
      const sequences = integerArray(places.map(({ sequence }) => sequence));
      const [moved, recorded] = (await driverOf(transaction).sendTogether([
        { statement: move, bindings: [copy, byteaArray(ids), sequences] },
        { statement: isRecorded, bindings: [copy] },
      ])) as [Answer<unknown>, Answer<unknown>];
      if (recorded.rows.length > 0)
        await markMoves(
          transaction,
          schema,
          copy,
          ids.map(({ hex }) => hex),
        );
      return moved.count;
    },
  };
}

/** The setting `lock_timeout` of this session. */
const LOCK_TIMEOUT_NOW: BoundStatement = {
  statement: preparedStatement(`SELECT current_setting('lock_timeout')`),
  bindings: [],
};

const shortPatience: readonly BoundStatement[] = [
  { statement: { sql: TELL_SETTINGS }, bindings: [] },
  { statement: { sql: `SET LOCAL lock_timeout = ${PATIENCE}` }, bindings: [] },
];
