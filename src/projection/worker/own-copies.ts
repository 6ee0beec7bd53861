import type { Knex } from 'knex';
import { type Copy, readCopies } from '../copies/copy.js';
import { DependentObjectsError } from '../copies/errors.js';
import { registerCopy } from '../copies/register-copy.js';
import type { AnyProjection, ReadModelDefinition } from '../definition.js';
import { startRebuild } from '../rebuild/start-rebuild.js';
import { OlderProjectionError } from './errors.js';

/** A copy that a worker fills, and the code that does it. */
export interface OwnCopy<Definition extends AnyProjection = AnyProjection> {
  readonly copy: Copy;
  readonly definition: Definition;
}

/** The copies that a worker fills: those in use and those that are being built, at the versions of its code. */
export class OwnCopies {
  readonly #knex: Knex;
  readonly #schema: string;
  readonly #definitions: ReadonlyMap<string, AnyProjection>;
  readonly #onError: (error: unknown) => void;
  readonly #tooOld = new Set<string>();
  #copies: ReadonlyMap<number, OwnCopy> = new Map();

  constructor(knex: Knex, schema: string, definitions: readonly AnyProjection[], onError: (error: unknown) => void) {
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

  /** Registers what is new, and begins to rebuild what is in use at an older version. */
  async register(): Promise<void> {
    for (const definition of this.#definitions.values()) {
      await registerCopy(this.#knex, this.#schema, definition);
      if (definition.kind === 'projection') await this.#rebuild(definition);
    }
    await this.refresh();
  }

  /** Looks which copies there are now; true when there is one that was not there before. */
  async refresh(): Promise<boolean> {
    const before = this.#copies;
    const found = await readCopies(this.#knex, this.#schema, [...this.#definitions.keys()]);
    this.#copies = new Map(found.flatMap((copy) => this.#own(copy) ?? []));
    return this.ids.some((id) => !before.has(id));
  }

  async #rebuild(definition: ReadModelDefinition): Promise<void> {
    try {
      await startRebuild(this.#knex, this.#schema, definition);
    } catch (error) {
      // Until they are gone, the old tables stay in use; all else goes on.
      if (!(error instanceof DependentObjectsError)) throw error;
      this.#onError(error);
    }
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
