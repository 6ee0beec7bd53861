import { preparedStatement, type Statement } from '../../store/driver/statement.js';
import type { Layout } from '../../store/layout/layout.js';
import { traitsOf } from '../../store/layout/traits.js';
import { projectionTables } from '../../store/projection-tables.js';
import { checkSchemaName } from '../../store/schema-name.js';

/** The SQL that reads what is to be taken in of some aggregates, for one schema. On a cluster these are of one shard. */
export interface ReadStatements {
  /**
   * (aggregate ids, positions, last sequences, types, number for each, copy, number for all, and on one server `lock_timeout` or null) → the
   * events after the positions, each after the number of its aggregate. Those of other types come without their bodies. Where the bodies
   * before it have {@link MOST_BYTES}, an event comes without its body, and the number is negative. One row at least on one server, of
   * nothing but nulls where there is no event: `lock_timeout` is put back in any case.
   */
  readonly read: Statement;
  /**
   * (aggregate ids, positions, copy) → ends that aggregates are parked at events that their positions have passed, or without any event
   * after their position, for those behind a gap may have been deleted; and the next sequence that the log has after each position.
   */
  readonly next: Statement;
  /** (aggregate ids) → the type of the first event of each. */
  readonly firstTypes: Statement;
  /** (aggregate ids, copy) → those that have events after their position. */
  readonly behind: Statement;
  /** True when {@link read} takes the setting that it puts back. */
  readonly putsBackTimeout: boolean;
}

/** Bytes of bodies, as they are stored, after which no more are read at once: memory stays bounded, whatever their size. */
const MOST_BYTES = 4 * 1024 * 1024;

const built = new Map<string, ReadStatements>();

/** Builds {@link ReadStatements}. Throws `InvalidArgumentError` for a schema name that is not one. */
export function readStatements(schema: string, layout: Layout): ReadStatements {
  const namesIds = traitsOf(layout).batches === 'one shard';
  const putsBackTimeout = traitsOf(layout).settings === 'everywhere';
  const key = `${schema} ${Number(namesIds)}${Number(putsBackTimeout)}`;
  let statements = built.get(key);
  if (statements === undefined)
    built.set(key, (statements = build(checkSchemaName(schema), namesIds, putsBackTimeout)));
  return statements;
}

function build(schema: string, namesIds: boolean, putsBackTimeout: boolean): ReadStatements {
  const { log, parked, positions } = projectionTables(schema);
  // A cluster finds the shard only by an array that is a parameter as it is, and only where each table is compared with it.
  const ids = namesIds ? '$1::bytea[]' : '$1::text::bytea[]';
  const within = (table: string) => (namesIds ? ` AND ${table}.aggregate_id = ANY (${ids})` : '');
  const events = `(SELECT given.n, event.* FROM unnest(${ids}, $2::text::integer[], $3::text::integer[]) WITH ORDINALITY AS given(aggregate_id, position, last, n)
    CROSS JOIN LATERAL (SELECT "timestamp", sequence, type, body,
        CASE WHEN type = ANY (ARRAY(SELECT unnest($4::text::text[]))) THEN pg_column_size(body) END AS length
      FROM ${log} AS log
      WHERE log.aggregate_id = given.aggregate_id AND log.sequence > given.position AND log.sequence <= given.last${within('log')}
      ORDER BY log.sequence LIMIT $5::integer) AS event
    WHERE (SELECT true FROM ${parked} AS parked WHERE parked.copy = $6::integer AND parked.aggregate_id = given.aggregate_id
      AND parked.reason = 'failed' AND parked.next_try > now()${within('parked')}) IS NULL) AS event`;
  const patience = `(SELECT set_config('lock_timeout', coalesce($8::text, current_setting('lock_timeout')), true)) AS patience
  LEFT JOIN ${events} ON true`;
  return {
    putsBackTimeout,
    // Each aggregate's events are found by their index, with both bounds, in order; so what a limit cuts off is the end of one. There is no
    // join that could bring them in another order: what is parked is looked up for each. How long bodies are is known without reading them.
    read: preparedStatement(`SELECT CASE WHEN before < ${MOST_BYTES} THEN n ELSE -n END, "timestamp", sequence, type,
  CASE WHEN length IS NOT NULL AND before < ${MOST_BYTES} THEN body ELSE 'null' END
FROM (SELECT event.*, coalesce(sum(event.length) OVER (ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before
  FROM ${putsBackTimeout ? patience : events}
  LIMIT $7::integer) AS found`),
    next: preparedStatement(`WITH healed AS (DELETE FROM ${parked} AS parked
  USING unnest(${ids}, $2::text::integer[]) AS given(aggregate_id, position)
  WHERE parked.copy = $3::integer AND parked.aggregate_id = given.aggregate_id${within('parked')} AND (parked.sequence <= given.position
    OR NOT EXISTS (SELECT FROM ${log} AS log WHERE log.aggregate_id = given.aggregate_id AND log.sequence > given.position${within('log')})))
SELECT given.n, (SELECT log.sequence FROM ${log} AS log
  WHERE log.aggregate_id = given.aggregate_id AND log.sequence > given.position${within('log')} ORDER BY log.sequence LIMIT 1)
FROM unnest(${ids}, $2::text::integer[]) WITH ORDINALITY AS given(aggregate_id, position, n)`),
    firstTypes: preparedStatement(`SELECT given.n, (SELECT log.type FROM ${log} AS log
  WHERE log.aggregate_id = given.aggregate_id AND log.sequence BETWEEN 1 AND 2147483647${within('log')} ORDER BY log.sequence LIMIT 1)
FROM unnest(${ids}) WITH ORDINALITY AS given(aggregate_id, n)`),
    behind: preparedStatement(`SELECT encode(given.id, 'hex') FROM unnest(${ids}) AS given(id)
WHERE (SELECT sequence FROM ${log} AS log WHERE log.aggregate_id = given.id${within('log')} ORDER BY sequence DESC LIMIT 1) >
  coalesce((SELECT sequence FROM ${positions} AS position WHERE copy = $2::integer AND position.aggregate_id = given.id${within('position')}), 0)`),
  };
}
