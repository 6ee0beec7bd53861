/**
 * Queries across aggregates, for operators and the programs that serve them: `maestro-store/admin`. Applications read
 * their own aggregates through a store.
 */
export type { EventLog } from './event-log.js';
