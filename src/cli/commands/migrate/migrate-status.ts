import type { Command } from 'commander';
import type { MigrationStatus } from '../../../store/migrate/migration-status.js';
import type { CliContext } from '../../context.js';
import { FOUND } from '../../exit-codes.js';
import { ifThere } from '../../if-there.js';
import { escapeText } from '../../render/escape.js';
import { createSession, type Session } from '../../session.js';

/** Declares `maestro migrate status`; `exit` is told when not everything is up to date and the exit code is to say so. */
export function registerMigrateStatus(migrate: Command, context: CliContext, exit: (code: number) => void): void {
  migrate
    .command('status')
    .summary('show which steps are taken')
    .description(
      'Show which steps of the migration are taken and since when, the layout of the tables, and what is wrong with them. ' +
        'Changes nothing.',
    )
    .option('--exit-code', 'exit with 1 unless everything is up to date')
    .addHelpText('after', '\nExample:\n  $ maestro migrate status --exit-code || maestro migrate')
    .action(async (options: { exitCode?: boolean }, command: Command) => {
      const upToDate = await status(createSession(context, command));
      if (options.exitCode && !upToDate) exit(FOUND);
    });
}

async function status(session: Session): Promise<boolean> {
  const { migrationStatus } = await import('../../../store/migrate/migration-status.js');
  const result = await ifThere(session, (knex, schema) => migrationStatus(knex, { schema }));
  await printStatus(result, session);
  return result.upToDate;
}

async function printStatus(result: MigrationStatus, { output }: Session): Promise<void> {
  if (output.format !== 'table') return await output.json(JSON.stringify(result));
  if (output.quiet) {
    for (const { name, state } of result.steps) if (state === 'pending') await output.line(escapeText(name));
    return;
  }
  const { FittedTable } = await import('../../render/fitted-table.js');
  const { good, bad } = output.style;
  type Step = MigrationStatus['steps'][number];
  const table = new FittedTable<Step>(
    [
      { heading: 'STEP', value: ({ name }) => name },
      {
        heading: 'STATE',
        value: ({ state }) => state,
        paint: (text, { state }) => (state === 'pending' || state === 'unknown' ? bad : good)(text),
      },
      { heading: 'SINCE', value: ({ at }) => at?.toISOString() ?? '' },
    ],
    result.steps,
    output.columns,
    output.style,
  );
  await output.line(table.head);
  for (const step of result.steps) await output.line(table.line(step));
  const layout =
    result.partitions === undefined ? 'none yet' : result.partitions > 1 ? `${result.partitions} partitions` : 'plain';
  await output.sentence(
    `schema ${result.schema}, layout ${layout}: ${result.upToDate ? 'up to date' : 'not up to date'}`,
    result.upToDate ? good : bad,
  );
  for (const fault of result.faults) await output.sentence(`- ${fault}`, bad);
}
