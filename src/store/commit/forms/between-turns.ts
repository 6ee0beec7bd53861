import { preparedStatement, type Statement } from '../../driver/statement.js';
import type { BoundStatement } from '../../driver/driver.js';
import { checkSchemaName, qualified } from '../../schema-name.js';
import type { NewCommand } from '../commit-content.js';
import type { EncodedEvent } from '../validate.js';
import { COMMAND_ROW, commandRow, EVENT_ROW, eventRow } from './insert-form.js';

interface Texts {
  readonly event: Statement;
  readonly eventAndCommand: Statement;
}

const built = new Map<string, Texts>();

/**
 * Inserts one event, and the command that it belongs to, unless somebody waits for the advisory lock that it shares until it has ended; its
 * answer counts one row or none.
 */
export function insertBetweenTurns(
  schema: string,
  key: string,
  event: EncodedEvent,
  command: NewCommand | undefined,
): BoundStatement {
  let texts = built.get(schema);
  if (texts === undefined) built.set(schema, (texts = textsFor(checkSchemaName(schema))));
  const row = [...eventRow(event), key];
  return command === undefined
    ? { statement: texts.event, bindings: row }
    : { statement: texts.eventAndCommand, bindings: [...row, ...commandRow(command)] };
}

function textsFor(schema: string): Texts {
  const event = `INSERT INTO ${qualified(schema, 'event_log')} ${EVENT_ROW}
SELECT decode(?, 'hex'), decode(?, 'hex'), ?::integer, ?::text, ?::text::jsonb WHERE pg_try_advisory_xact_lock_shared(?::text::bigint)`;
  const command = `INSERT INTO ${qualified(schema, 'maestro_commands')} ${COMMAND_ROW}
SELECT decode(?, 'hex'), ?::text, decode(?, 'hex'), ?::integer, ?::integer FROM events RETURNING 1`;
  return {
    event: preparedStatement(event),
    // Both are counted: when a rule or a policy drops the command, the event must not stay without it.
    eventAndCommand: preparedStatement(`WITH events AS (${event} RETURNING 1), commands AS (${command})
SELECT 1 / (SELECT count(*) FROM commands) FROM events`),
  };
}
