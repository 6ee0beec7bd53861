import type { Knex } from 'knex';
import type { Fragment } from './fragment.js';
import { MAX_COUNTER, MAX_NODE_ID, Timestamp } from '../../hlc/timestamp.js';

/** The conditions of a query of events, all of which must hold, with their values as bindings. */
export class Conditions {
  readonly #conditions: string[] = [];
  readonly #bindings: Knex.RawBinding[] = [];

  /** A condition in SQL, with a `?` for each value. */
  and(condition: string, ...values: readonly Knex.RawBinding[]): void {
    this.#conditions.push(condition);
    this.#bindings.push(...values);
  }

  /** Only events of one of these types; of all types when absent. */
  ofTypes(types: readonly string[] | undefined): void {
    if (types !== undefined) this.and(`type IN (${types.map(() => '?').join(', ')})`, ...types);
  }

  /** Only events whose time lies between two, in milliseconds since 1970, both inclusive where given. */
  between(since: number | undefined, until: number | undefined): void {
    if (since !== undefined) this.and('"timestamp" >= ?', Timestamp.of({ time: since }).encode());
    if (until !== undefined)
      this.and('"timestamp" <= ?', Timestamp.of({ time: until, counter: MAX_COUNTER, nodeId: MAX_NODE_ID }).encode());
  }

  /** `WHERE …`; empty without conditions. */
  get sql(): string {
    return this.#conditions.length === 0 ? '' : `WHERE ${this.#conditions.join(' AND ')}`;
  }

  /** One condition that says all; true without conditions. */
  get condition(): Fragment {
    return { sql: this.#conditions.join(' AND ') || 'TRUE', bindings: this.#bindings };
  }

  /** The values, in the order of their `?`. */
  get bindings(): readonly Knex.RawBinding[] {
    return this.#bindings;
  }
}
