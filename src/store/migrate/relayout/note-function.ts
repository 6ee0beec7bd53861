import { COLUMNS } from './copy-events.js';
import type { Places } from './places.js';

/** Has PostgreSQL follow the indexes of the copy, whatever it knows about rows that a statement has changed. */
const BY_INDEX = 'SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off';

/**
 * The statement that makes the function of the triggers. It notes the keys of rows that were written, changed or removed. With `through` it changes
 * the copy at once, which then needs its indexes, and notes what it could not change there as the log has it. It never fails:
 * what it cannot even note, it counts, in a sequence, which needs no room and is not taken back. TRUNCATE is counted, too, because
 * it names no rows.
 */
export function noteFunction(places: Places, { through }: { readonly through: boolean }): string {
  const { changes, missed, note } = places;
  return `CREATE OR REPLACE FUNCTION ${note}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp ${BY_INDEX} AS $note$
DECLARE removed bigint;
BEGIN
  IF tg_op = 'TRUNCATE' THEN
    PERFORM nextval('${missed}');
    RETURN NULL;
  END IF;
${through ? changeCopy(places) : ''}
  IF tg_op IN ('INSERT', 'UPDATE') THEN
    INSERT INTO ${changes} (aggregate_id, sequence) SELECT aggregate_id, sequence FROM new_rows;
  END IF;
  IF tg_op IN ('UPDATE', 'DELETE') THEN
    INSERT INTO ${changes} (aggregate_id, sequence) SELECT aggregate_id, sequence FROM old_rows;
  END IF;
  RETURN NULL;
EXCEPTION WHEN OTHERS THEN
  PERFORM nextval('${missed}');
  RETURN NULL;
END $note$`;
}

/**
 * The block that changes the copy as the log was changed, or not at all: a row that it should remove may not be there yet, or may not be
 * visible to an older transaction.
 */
function changeCopy({ copy }: Places): string {
  return `  BEGIN
    IF tg_op IN ('UPDATE', 'DELETE') THEN
      DELETE FROM ${copy} AS event USING old_rows WHERE event.aggregate_id = old_rows.aggregate_id AND event.sequence = old_rows.sequence;
      GET DIAGNOSTICS removed = ROW_COUNT;
      IF removed <> (SELECT count(*) FROM old_rows) THEN
        RAISE EXCEPTION 'not all rows are in the copy';
      END IF;
    END IF;
    IF tg_op IN ('INSERT', 'UPDATE') THEN
      INSERT INTO ${copy} (${COLUMNS}) SELECT ${COLUMNS} FROM new_rows;
    END IF;
    RETURN NULL;
  EXCEPTION WHEN OTHERS THEN
    NULL;
  END;`;
}
