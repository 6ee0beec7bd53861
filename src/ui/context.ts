import type { Hono } from 'hono/tiny';
import type { NonTransactionalLog } from '../admin/log/event-log.js';
import type { Definition } from '../aggregate/definition/definition.js';
import type { AnyProjection } from '../projection/definition.js';
import type { PostgresStore } from '../store/postgres-store.js';

/** Application that answers the requests. */
export type UiApp = Hono;

/** Colour of the label by which people know a database. */
export type LabelColour = 'red' | 'amber' | 'green' | 'blue';

/** An entry of the navigation. */
export interface NavigationEntry {
  readonly title: string;
  /** The path of its screen, without the base. */
  readonly path: string;
}

/** Everything that a screen may use. */
export interface UiContext {
  readonly log: NonTransactionalLog;
  readonly store: PostgresStore;
  /** The application's aggregates, of whose states the pages tell. */
  readonly aggregates: readonly Definition[];
  /** The application's projections and subscriptions. */
  readonly projections: readonly AnyProjection[];
  /** The schema of the tables. */
  readonly schema: string;
  /** The address of the database without the password, or the folder of the embedded one. */
  readonly location: string;
  readonly embedded: boolean;
  /** The words by which people know this database, such as `production`. */
  readonly label: string | undefined;
  readonly colour: LabelColour;
  /** The path below which all pages are, such as `/admin/maestro`; empty at the root. */
  readonly base: string;
  /** Words that a command needs to find this database, such as `--schema sales`. */
  readonly flags: readonly string[];
  /** Number of live pages that may have streams at the same time. */
  readonly livePages: number;
  readonly navigation: readonly NavigationEntry[];
  /** The path of a file that pages load, without the base. */
  readonly asset: (name: string) => string;
}
