import type { Knex } from 'knex';
import type { Definition } from '../aggregate/definition/definition.js';
import { assertOptions } from '../assert-options.js';
import { InvalidArgumentError } from '../errors.js';
import type { AnyProjection } from '../projection/definition.js';
import type { Interop } from '../store/commit/interop.js';
import type { PostgresStore } from '../store/postgres-store.js';
import type { LabelColour } from './context.js';

/** The parts of an open database that the pages use: the result of `openDatabase` has them. */
export interface UiDatabase {
  readonly knex: Knex;
  readonly store: PostgresStore;
  readonly schema: string;
  readonly interop?: Interop | undefined;
  readonly embedded: boolean;
  readonly location: string;
}

/** Options of `uiHandler`. */
export interface UiOptions {
  /** The database to show. Open it with `readOnly: true`, and the database itself refuses writes. */
  readonly database: UiDatabase;
  /** The application's aggregates: states are folded by their handlers. @defaultValue none: bodies are merged */
  readonly aggregates?: readonly Definition[];
  /** The application's projections and subscriptions. @defaultValue none */
  readonly projections?: readonly AnyProjection[];
  /** The path below which the program serves the pages, such as `/admin/maestro`. @defaultValue the root */
  readonly base?: string;
  /** A name for the database that every page shows, such as `production`. @defaultValue none */
  readonly label?: string;
  /** The colour of the label. @defaultValue red for production, amber for staging, green for development, else blue */
  readonly colour?: LabelColour;
  /** Words that commands need to find this database, for "copy as a command". @defaultValue the schema, unless it is `public` */
  readonly flags?: readonly string[];
  /**
   * Number of live pages that may follow the log at the same time, of all readers together. Each asks the database for new events once
   * a second, the embedded one every two, and has a connection of the pool only while it asks. @defaultValue 20
   */
  readonly livePages?: number;
}

/** Number of live pages, when no other is asked for. */
export const DEFAULT_LIVE_PAGES = 20;

const KEYS = ['database', 'aggregates', 'projections', 'base', 'label', 'colour', 'flags', 'livePages'];
const COLOURS: readonly LabelColour[] = ['red', 'amber', 'green', 'blue'];

/** Throws {@link InvalidArgumentError} for options that are not known or have no meaning. */
export function checkOptions(options: UiOptions): void {
  assertOptions('uiHandler()', options, KEYS);
  const { database, base, colour, livePages } = options;
  if (typeof (database as Partial<UiDatabase> | undefined)?.store?.getEvents !== 'function')
    throw new InvalidArgumentError('uiHandler() needs a database.', {
      hint: "Write uiHandler({ database: await openDatabase({ url: 'postgres://…', readOnly: true }) }).",
    });
  if (base !== undefined && !/^(?:\/[\w.~-]+)*$/.test(base))
    throw new InvalidArgumentError(`${JSON.stringify(base)} is no base for the pages.`, {
      hint: 'Write a path with a slash at its begin and none at its end, such as /admin/maestro.',
    });
  if (colour !== undefined && !COLOURS.includes(colour))
    throw new InvalidArgumentError(`${JSON.stringify(colour)} is no colour of a label.`, {
      hint: `The colours are ${COLOURS.join(', ')}.`,
    });
  if (livePages !== undefined && !(Number.isInteger(livePages) && livePages >= 1))
    throw new InvalidArgumentError(`livePages is a number of pages, 1 or more; got ${String(livePages)}.`);
}

/** The colour of a label that has none of its own. */
export function colourOf(label: string | undefined): LabelColour {
  // One that could be of either is taken for the one to be careful with.
  if (/(?<!(?:non|pre)[-_ ]?)(?:prod|live)/i.test(label ?? '')) return 'red';
  if (/prod|live|stag|test|qa|uat/i.test(label ?? '')) return 'amber';
  return /dev|local/i.test(label ?? '') ? 'green' : 'blue';
}
