/** Tables whose rows a cluster spreads by their aggregate id. */
const SPREAD = /\b(event_log|snapshots|maestro_(commands|positions|parked|skipped|leases))\b/;
/** Tables of each node's own catalog. */
const CATALOG =
  /\b(pg_(class|namespace|inherits|index|attribute|constraint|locks|stat_\w+|roles|proc|type)|information_schema)\b/;
/** Names of a table in a text that the catalog is asked by are no part of a query. */
const QUOTED = /'(?:[^']|'')*'/g;

interface Rule {
  readonly what: string;
  readonly isBroken: (sql: string) => boolean;
}

/** Forms that a Citus cluster refuses, answers wrongly, or carries out on all nodes where one would do; each was tried on one. */
const RULES: readonly Rule[] = [
  {
    what: 'rows are inserted from a query, which is a COPY with a two-phase commit',
    isBroken: (sql) => /\bINSERT INTO \S*\b(event_log|snapshots|maestro_\w+)\b[^;]*?\)\s*(SELECT|WITH)\b/i.test(sql),
  },
  {
    what: 'a recursive query reads a table that is spread, and names no aggregate',
    isBroken: (sql) => /\bWITH RECURSIVE\b/i.test(sql) && !/aggregate_id = /.test(sql),
  },
  {
    what: 'EXISTS asks a table that is spread as a whole',
    isBroken: (sql) =>
      /\bSELECT EXISTS \(SELECT (1 )?FROM \S+(event_log|snapshots)"?/i.test(sql) && !/aggregate_id = /.test(sql),
  },
  {
    what: 'a part of a query has no columns and a limit',
    isBroken: (sql) => /\(SELECT FROM [^()]*\bLIMIT\b/i.test(sql),
  },
  {
    what: 'the catalog and a table that is spread are asked together',
    isBroken: (sql) => CATALOG.test(sql) && /\bFROM\b/i.test(sql),
  },
  { what: 'rows are named by their place', isBroken: (sql) => /\b(ctid|tableoid)\b/i.test(sql) },
  {
    what: 'a conflict is answered with a value that changes',
    isBroken: (sql) => /\bON CONFLICT\b.*\b(clock_timestamp|random|now)\(\)/is.test(sql),
  },
  {
    what: 'an array that is read from a text decides about rows to change',
    isBroken: (sql) => /^\s*(UPDATE|DELETE)\b.*::text::\w+\[\]/is.test(sql) && /\b(CASE|COALESCE)\b/i.test(sql),
  },
  {
    what: 'rows of several aggregates are locked',
    isBroken: (sql) => /\bFOR (UPDATE|SHARE)\b/i.test(sql) && !/aggregate_id = /.test(sql),
  },
];

/** The faults of a statement for a cluster; none about statements that ask no table that is spread. */
export function clusterFaults(statement: string): string[] {
  const sql = statement.replace(QUOTED, "''");
  if (!SPREAD.test(sql)) return [];
  return RULES.filter(({ isBroken }) => isBroken(sql)).map(({ what }) => what);
}

/** The aggregates of the events that a statement inserts by `VALUES`, in hex digits. */
export function insertedAggregates(sql: string, bindings: readonly unknown[]): Set<string> {
  const [, columns = '', row = ''] = /\bINSERT INTO \S*event_log"? \(([^)]*)\)\s*VALUES \(([^)]*)\)/i.exec(sql) ?? [];
  const place = columns.split(',').findIndex((column) => /aggregate_id/.test(column));
  const width = row.split(',').length;
  const rows = sql.split(row).length - 1;
  const ids = Array.from({ length: place < 0 ? 0 : rows }, (_, index) => bindings[index * width + place]);
  // A driver may have made a text of the bytes, as PostgreSQL prints them.
  return new Set(
    ids.map((id) => (typeof id === 'string' ? id.slice(-32) : Buffer.from(id as Uint8Array).toString('hex'))),
  );
}
