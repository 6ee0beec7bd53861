import type { Knex } from 'knex';
import { query } from '../../store/read/rows.js';
import { blame } from '../apply/passing.js';
import { type Copy, readCopies } from '../copies/copy.js';
import { DependentObjectsError } from '../copies/errors.js';
import { registerCopy } from '../copies/register-copy.js';
import type { AnyProjection } from '../definition.js';
import { startRebuild } from '../rebuild/start-rebuild.js';
import { OlderProjectionError } from './errors.js';

/** A copy that a worker fills, and the code that does it. */
export interface OwnCopy<Definition extends AnyProjection = AnyProjection> {
  readonly copy: Copy;
  readonly definition: Definition;
}

/**
 * Longest wait, in milliseconds, for somebody else who is setting up the same projection: a transaction of the application that does may
 * stay open for any time, and the other projections do not wait for it.
 */
const PATIENCE = 10_000;

/** The copies that a worker fills: those in use and those that are being built, at the versions of its code. */
export class OwnCopies {
  readonly #knex: Knex;
  readonly #schema: string;
  readonly #definitions: ReadonlyMap<string, AnyProjection>;
  readonly #onError: (error: unknown) => void;
  readonly #patience: number;
  readonly #tooOld = new Set<string>();
  /** By name, what keeps a definition from having a copy of its version. */
  readonly #refused = new Map<string, unknown>();
  #retrying: Promise<void> | undefined;
  #copies: ReadonlyMap<number, OwnCopy> = new Map();

  constructor(
    knex: Knex,
    schema: string,
    definitions: readonly AnyProjection[],
    onError: (error: unknown) => void,
    { patience = PATIENCE }: { readonly patience?: number } = {},
  ) {
    this.#patience = patience;
    this.#knex = knex;
    this.#schema = schema;
    this.#definitions = new Map(definitions.map((definition) => [definition.name, definition]));
    this.#onError = onError;
  }

  get all(): readonly OwnCopy[] {
    return [...this.#copies.values()];
  }

  get ids(): readonly number[] {
    return [...this.#copies.keys()];
  }

  get(id: number): OwnCopy | undefined {
    return this.#copies.get(id);
  }

  /** Errors that keep definitions from having a copy of their version, so that their events are not taken in. */
  get refusals(): readonly unknown[] {
    return [...this.#refused.values()];
  }

  /**
   * Registers what is new, and begins to rebuild what is in use at an older version. One that is refused is told, and holds up
   * no other; throws when none is left.
   */
  async register(): Promise<void> {
    for (const definition of this.#definitions.values()) await this.#begin(definition);
    const refusals = this.refusals;
    // Where others depend on the tables in use, it is for them to go.
    const isNoneLeft = refusals.length === this.#definitions.size && !refusals.some(isForOthers);
    if (isNoneLeft) throw refusals[0];
    for (const error of refusals) this.#onError(error);
    await this.refresh();
  }

  /** Tries again what was refused; what is not any more is found by the next {@link refresh}. */
  async retry(): Promise<void> {
    const again = async () => {
      for (const definition of this.#definitions.values())
        if (this.#refused.has(definition.name)) await this.#begin(definition);
    };
    await (this.#retrying ??= again().finally(() => (this.#retrying = undefined)));
  }

  /** Looks which copies there are now; true when there is one that was not there before. */
  async refresh(): Promise<boolean> {
    const before = this.#copies;
    const found = await readCopies(this.#knex, this.#schema, [...this.#definitions.keys()]);
    this.#copies = new Map(found.flatMap((copy) => this.#own(copy) ?? []));
    return this.ids.some((id) => !before.has(id));
  }

  /** Registers a definition, or begins to rebuild it, or takes note of what prevents it. Throws when the database is away. */
  async #begin(definition: AnyProjection): Promise<void> {
    try {
      await registerCopy(this.#knex, this.#schema, definition, { patience: this.#patience });
      if (definition.kind === 'projection') await startRebuild(this.#knex, this.#schema, definition);
      this.#refused.delete(definition.name);
    } catch (error) {
      if (blame(error) !== 'event' && !(await this.#answers())) throw error;
      this.#refused.set(definition.name, error);
    }
  }

  /** True when the database can be reached, so that an error which looks as if it could not came from a `setUp`. */
  async #answers(): Promise<boolean> {
    return await query(this.#knex, 'SELECT 1').then(
      () => true,
      () => false,
    );
  }

  #own(copy: Copy): [[number, OwnCopy]] | undefined {
    const definition = this.#definitions.get(copy.name);
    if (definition?.kind !== copy.kind || copy.status === 'retired') return undefined;
    if (copy.version === definition.version) return [[copy.id, { copy, definition }]];
    if (copy.status === 'live' && copy.version > definition.version && !this.#tooOld.has(copy.name)) {
      this.#tooOld.add(copy.name);
      this.#onError(new OlderProjectionError(copy.name, definition.version, copy.version));
    }
    return undefined;
  }
}

function isForOthers(error: unknown): boolean {
  return error instanceof DependentObjectsError;
}
