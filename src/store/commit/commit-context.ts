import type { Knex } from 'knex';
import type { Statements } from '../statements.js';

/** What a commit works with. */
export interface CommitContext {
  readonly knex: Knex;
  readonly statements: Statements;
  /** Compare every row that comes back with the one that was sent, and roll back when they differ. */
  readonly verifyWrites: boolean;
  /** How long a commit whose connection broke may look for its outcome, in milliseconds. */
  readonly recoveryTimeout: number;
}
