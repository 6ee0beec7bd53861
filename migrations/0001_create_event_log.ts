import type { Migration, MigrationContext } from '../src/store/migrate/migration.js';
import { qualified } from '../src/store/schema-name.js';

/** The event log as Elixir Maestro 1.0 makes it, as one table, or in partitions or shards by the hash of the aggregate id. */
export const createEventLog: Migration = {
  name: '0001_create_event_log',
  tables: ['event_log'],
  up: (context) => LAYOUTS[context.layout.kind](context),
  down: ({ schema }) => [`DROP TABLE ${qualified(schema, 'event_log')}`],
};

const COLUMNS = `
  "timestamp" bytea NOT NULL,
  aggregate_id bytea NOT NULL,
  sequence integer NOT NULL,
  type varchar(256) NOT NULL,
  body jsonb NOT NULL,
  CONSTRAINT hlc_field_timestamp_size CHECK (length("timestamp") = 16),
  CONSTRAINT hlc_field_aggregate_id_size CHECK (length(aggregate_id) = 16),
  CONSTRAINT sequence CHECK (sequence > 0)`;

/** The statements for each layout. A distributed schema distributes its tables by itself. */
const LAYOUTS: Readonly<Record<MigrationContext['layout']['kind'], (context: MigrationContext) => string[]>> = {
  plain,
  partitioned,
  citus: sharded,
  'citus schema': plain,
};

function plain({ schema }: MigrationContext): string[] {
  const log = qualified(schema, 'event_log');
  return [`CREATE TABLE ${log} (${COLUMNS},\n  PRIMARY KEY ("timestamp")\n)`, sequenceIndex(log)];
}

/**
 * The table whose shards Citus makes. It wants the aggregate id in each unique key; timestamps come first, so that each shard gives its events
 * in their order.
 */
function sharded({ schema }: MigrationContext): string[] {
  const log = qualified(schema, 'event_log');
  return [`CREATE TABLE ${log} (${COLUMNS},\n  PRIMARY KEY ("timestamp", aggregate_id)\n)`, sequenceIndex(log)];
}

function partitioned({ schema, layout }: MigrationContext): string[] {
  const partitions = layout.parts;
  const log = qualified(schema, 'event_log');
  const numbers = Array.from({ length: partitions }, (_, number) => number);
  return [
    `CREATE TABLE ${log} (${COLUMNS},\n  PRIMARY KEY (aggregate_id, "timestamp")\n) PARTITION BY HASH (aggregate_id)`,
    ...numbers.flatMap((number) => {
      const partition = qualified(schema, `event_log_${number}`);
      return [
        `CREATE TABLE ${partition} PARTITION OF ${log} FOR VALUES WITH (MODULUS ${partitions}, REMAINDER ${number})`,
        `CREATE UNIQUE INDEX ON ${partition} ("timestamp")`,
      ];
    }),
    sequenceIndex(log),
  ];
}

function sequenceIndex(log: string): string {
  return `CREATE UNIQUE INDEX aggregate_sequence_index ON ${log} (aggregate_id, sequence)`;
}
