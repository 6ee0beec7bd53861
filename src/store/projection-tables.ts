import { qualified } from './schema-name.js';

/** The tables with which projections follow the log, in the order in which they are made. */
export const PROJECTION_TABLES = [
  'maestro_projections',
  'maestro_positions',
  'maestro_parked',
  'maestro_skipped',
  'maestro_workers',
  'maestro_leases',
  'maestro_moves',
] as const;

/** The names of those tables in SQL, and of the log. The schema's name has been checked. */
export function projectionTables(schema: string) {
  return {
    /** The events that they follow. */
    log: qualified(schema, 'event_log'),
    /** Copies of projections, and subscriptions: a row for each version that is filled or live. */
    projections: qualified(schema, 'maestro_projections'),
    /** The last sequence of each aggregate that each copy has taken in; no row for none. */
    positions: qualified(schema, 'maestro_positions'),
    /** Aggregates with an event that a copy cannot take in. */
    parked: qualified(schema, 'maestro_parked'),
    /** Events that an operator had passed over. */
    skipped: qualified(schema, 'maestro_skipped'),
    /** Workers that run, each with the copies that it fills. */
    workers: qualified(schema, 'maestro_workers'),
    /** Aggregates whose event a subscription is handling. */
    leases: qualified(schema, 'maestro_leases'),
    /** Aggregates that a live copy has taken events of in while another one is about to replace it; without an aggregate: they are recorded. */
    moves: qualified(schema, 'maestro_moves'),
  };
}
