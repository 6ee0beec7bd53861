import type { Knex } from 'knex';
import type { Statements } from '../statements.js';

/** The parts of a store that commits need. */
export interface CommitContext {
  readonly knex: Knex;
  readonly statements: Statements;
  /** Compare every stored row with the one that was sent, and roll back when they differ. */
  readonly verifyWrites: boolean;
  /** Time in milliseconds that finding the outcome of a commit may take after its connection broke. */
  readonly recoveryTimeout: number;
}
