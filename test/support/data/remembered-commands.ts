import type { Timestamp } from '../../../src/hlc/timestamp.js';
import type { NonTransactionalLog } from '../../../src/admin/log/event-log.js';

/** Command ids of an aggregate, as a program has left them that carried each out, with one event, some days ago. */
export async function rememberCommands(
  { knex, schema = 'public' }: NonTransactionalLog,
  id: Timestamp,
  commands: readonly { readonly commandId: string; readonly days: number; readonly sequence?: number }[],
): Promise<void> {
  await knex.raw(
    `INSERT INTO ??.maestro_commands (aggregate_id, command_id, digest, first_sequence, last_sequence, committed_at)
SELECT ?, c.id, '\\x00', c.sequence, c.sequence, now() - c.days * interval '1 day' FROM json_to_recordset(?) AS c(id text, days float8, sequence integer)`,
    [
      schema,
      id.encode(),
      JSON.stringify(commands.map(({ commandId: id, days, sequence = 1 }) => ({ id, days, sequence }))),
    ],
  );
}

/** The command ids that are remembered of an aggregate, by name. */
export async function rememberedIds(
  { knex, schema = 'public' }: NonTransactionalLog,
  id: Timestamp,
): Promise<string[]> {
  return await knex
    .withSchema(schema)
    .from('maestro_commands')
    .where({ aggregate_id: id.encode() })
    .orderBy('command_id')
    .pluck<string[]>('command_id');
}
