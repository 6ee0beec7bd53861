import type { Migration, MigrationContext } from '../src/store/migrate/migration.js';
import { qualified } from '../src/store/schema-name.js';

/** The event log as Elixir Maestro 1.0 makes it, as one table or in hash partitions of the aggregate id. */
export const createEventLog: Migration = {
  name: '0001_create_event_log',
  tables: ['event_log'],
  up: (context) => (context.layout.kind === 'partitioned' ? partitioned(context) : plain(context)),
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

function plain({ schema }: MigrationContext): string[] {
  const log = qualified(schema, 'event_log');
  return [`CREATE TABLE ${log} (${COLUMNS},\n  PRIMARY KEY ("timestamp")\n)`, sequenceIndex(log)];
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
