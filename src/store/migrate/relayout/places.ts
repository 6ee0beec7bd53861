import { createHash } from 'node:crypto';
import { qualified } from '../../schema-name.js';

/** The beginning of the name of the schema in which the tables of another layout are filled. */
export const WORK_PREFIX = 'maestro_layout_';
/** The beginning of the name of the schema that has the tables of the old layout after the switch, until they are dropped. */
export const OLD_PREFIX = 'maestro_old_layout_';
/** The longest name that PostgreSQL takes, in bytes. */
const LONGEST = 63;

/** The names, in SQL, of what a change of the layout of one event log works with. */
export interface Places {
  /** The schema of the event log. */
  readonly schema: string;
  /** The schema of everything that the work makes. */
  readonly work: string;
  /** The schema of the tables that have been replaced. */
  readonly old: string;
  /** The event log that is in use. */
  readonly log: string;
  /** The event log in the new layout, while it is not in use. */
  readonly copy: string;
  /** The one row that says how far the work is. */
  readonly state: string;
  /** The keys of events that were written, changed or removed since the work began. */
  readonly changes: string;
  /** A sequence that moves when a change could not be noted. */
  readonly missed: string;
  /** The function of the triggers. */
  readonly note: string;
}

/** The places for the event log of a schema. The names tell the schema, of which a database may have several. */
export function placesOf(schema: string): Places {
  const work = schemaName(WORK_PREFIX, schema);
  return {
    schema,
    work,
    old: schemaName(OLD_PREFIX, schema),
    log: qualified(schema, 'event_log'),
    copy: qualified(work, 'event_log'),
    state: qualified(work, 'maestro_layout_state'),
    changes: qualified(work, 'maestro_layout_changes'),
    missed: qualified(work, 'maestro_layout_missed'),
    note: qualified(work, 'maestro_layout_note'),
  };
}

function schemaName(prefix: string, schema: string): string {
  const name = `${prefix}${schema}`;
  if (name.length <= LONGEST) return name;
  const digest = createHash('sha256').update(schema).digest('hex').slice(0, 8);
  return `${prefix}${schema.slice(0, LONGEST - prefix.length - digest.length - 1)}_${digest}`;
}
