import type { ProcessState, Rows, State, Value } from './state.js';

/** Thrown by a step that cannot be done now: it waits for a lock, or has nothing to do. */
export const WAIT = new Error('The step has to wait.');

/**
 * One statement of one process, as PostgreSQL runs it at READ COMMITTED: it reads what was committed when it began, and
 * what its own transaction has written. When it locks a row that was changed since, it goes on with the newest version.
 */
export class Session {
  my: Record<string, Value>;
  #rows: Rows;
  readonly #snapshot: Rows;
  #writes: Record<string, Value | null>;
  #held: readonly string[];
  readonly #others: readonly ProcessState[];
  readonly #choose: (count: number) => number;
  #keepsSnapshot = false;
  /** Facts for the trace. */
  notes = '';

  constructor(state: State, index: number, choose: (count: number) => number) {
    const process = state.processes[index] as ProcessState;
    this.my = { ...process.my };
    this.#rows = state.rows;
    this.#snapshot = process.saw ?? state.rows;
    this.#writes = { ...process.writes };
    this.#held = process.held;
    this.#others = state.processes.filter((_, other) => other !== index);
    this.#choose = choose;
  }

  /** One of the items; the exploration tries each. Waits when there is none. */
  pick<Item>(items: readonly Item[]): Item {
    if (items.length === 0) throw WAIT;
    return items[items.length === 1 ? 0 : this.#choose(items.length)] as Item;
  }

  says(text: string): void {
    this.notes = this.notes === '' ? text : `${this.notes}, ${text}`;
  }

  /** The row in the snapshot. */
  read(key: string): Value | undefined {
    return this.#visible(this.#snapshot, key);
  }

  /** The row as it was committed last, which is how the names of tables are looked up. */
  newest(key: string): Value | undefined {
    return this.#visible(this.#rows, key);
  }

  /** The number in the row of the snapshot; 0 without the row. */
  number(key: string): number {
    return (this.read(key) as number | undefined) ?? 0;
  }

  /** The rest of the keys in the snapshot that begin with `prefix`. */
  keys(prefix: string): string[] {
    return Object.keys({ ...this.#snapshot, ...this.#writes })
      .filter((key) => key.startsWith(prefix) && this.read(key) !== undefined)
      .map((key) => key.slice(prefix.length))
      .sort();
  }

  /** Locks the row and returns it as it is then; undefined when it is gone, or does not match (any more). */
  lock(key: string, matches: (value: Value) => boolean = () => true): Value | undefined {
    const seen = this.read(key);
    if (seen === undefined || !matches(seen)) return undefined;
    return this.#take(key, matches);
  }

  /** Locks the row, unless another has it, who is not waited for. */
  lockUnlessLocked(key: string): Value | undefined {
    return this.read(key) === undefined || this.#isLocked(key) ? undefined : this.#take(key, () => true);
  }

  /** Inserts the row, or returns false when there is one; waits for another who is inserting or deleting it. */
  insert(key: string, value: Value): boolean {
    if (this.#isLocked(key)) throw WAIT;
    if (this.#visible(this.#rows, key) !== undefined) return false;
    this.#hold(key);
    this.#writes[key] = value;
    return true;
  }

  /** Updates, inserts or deletes a row whatever it is now; waits for its lock. */
  put(key: string, change: (newest: Value | undefined) => Value | undefined): void {
    if (this.#isLocked(key)) throw WAIT;
    const value = change(this.#visible(this.#rows, key));
    this.#hold(key);
    this.#writes[key] = value ?? null;
  }

  /** Locks a table, whose name ends with its mode, `shared` or `exclusive`. */
  lockTable(lock: string): void {
    const [table, mode] = lock.split(/ (?=\w+$)/);
    const conflicting = [`${table} exclusive`, ...(mode === 'exclusive' ? [`${table} shared`] : [])];
    if (this.#others.some(({ held }) => conflicting.some((other) => held.includes(other)))) throw WAIT;
    this.#hold(lock);
  }

  commit(): void {
    const rows: Record<string, Value> = { ...this.#rows };
    for (const [key, value] of Object.entries(this.#writes))
      if (value === null) delete rows[key];
      else rows[key] = value;
    this.#rows = rows;
    this.rollback();
  }

  rollback(): void {
    this.#writes = {};
    this.#held = [];
    this.#keepsSnapshot = false;
  }

  /** What the step has come to. */
  result(at: string): { rows: Rows; process: ProcessState } {
    const saw = this.#keepsSnapshot ? this.#snapshot : null;
    return { rows: this.#rows, process: { at, my: this.my, writes: this.#writes, held: this.#held, saw } };
  }

  /** Makes all statements of the transaction use the snapshot of this one, as at REPEATABLE READ. */
  keepSnapshot(): void {
    this.#keepsSnapshot = true;
  }

  /** The process after it has begun a statement: with the locks of tables, and a snapshot. */
  begun(at: string, sees: (key: string) => boolean): ProcessState {
    const saw = Object.fromEntries(Object.entries(this.#rows).filter(([key]) => sees(key)));
    return { at, my: this.my, writes: this.#writes, held: this.#held, saw };
  }

  #visible(rows: Rows, key: string): Value | undefined {
    const own = this.#writes[key];
    return own === undefined ? rows[key] : (own ?? undefined);
  }

  #take(key: string, matches: (value: Value) => boolean): Value | undefined {
    if (this.#isLocked(key)) throw WAIT;
    const newest = this.#visible(this.#rows, key);
    if (newest === undefined || !matches(newest)) return undefined;
    this.#hold(key);
    return newest;
  }

  #isLocked(key: string): boolean {
    return this.#others.some(({ held }) => held.includes(key));
  }

  #hold(lock: string): void {
    if (!this.#held.includes(lock)) this.#held = [...this.#held, lock];
  }
}
