import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import type { ImportReport } from '../../admin/transfer/import-log.js';
import type { CliContext } from '../context.js';
import { printFacts } from '../output/print-facts.js';
import { counted, decimal } from '../render/figures.js';
import { createSession, type Session, withDatabase } from '../session.js';

interface ImportOptions {
  readonly file: string;
  readonly onConflict: 'fail' | 'skip';
  readonly dryRun?: boolean;
}

/** Declares `maestro import`. */
export function registerImport(program: Command, context: CliContext): void {
  program
    .command('import')
    .summary('read events and snapshots from an export')
    .description(
      'Import what `maestro export` wrote: in one transaction, all or nothing. Events that are there already are left as ' +
        'they are, so importing twice adds nothing. A file that was cut short or changed is refused, with its line.',
    )
    .option('--file <file>', 'the export; "-" reads standard input', '-')
    .addOption(
      new Option(
        '--on-conflict <what>',
        'when the log holds something else of an aggregate: refuse the import, or leave that aggregate out',
      )
        .choices(['fail', 'skip'])
        .default('fail'),
    )
    .option('--dry-run', 'find out all that would happen, and take it back')
    .addHelpText(
      'after',
      `
Examples:
  $ maestro import --file log.ndjson --dry-run
  $ maestro import --file log.ndjson
  $ gunzip -c log.ndjson.gz | maestro import --on-conflict skip`,
    )
    .action((options: ImportOptions, command: Command) => importFrom(options, createSession(context, command)));
}

async function importFrom({ file, onConflict, dryRun }: ImportOptions, session: Session): Promise<void> {
  const { output, context } = session;
  const [{ importLog }, { readLines }] = await Promise.all([
    import('../../admin/transfer/import-log.js'),
    import('../input/read-lines.js'),
  ]);
  const size =
    file === '-'
      ? 0
      : await stat(resolve(context.workingDirectory, file)).then(
          (s) => s.size,
          () => 0,
        );
  const report = await withDatabase(
    session,
    async (database) => {
      let read = 0;
      const lines = () => {
        read = 0;
        return readLines(file, session, (bytes) => {
          read += bytes;
          output.progress.measure('Reading', read, size, 'bytes');
        });
      };
      const onRead = () => {
        output.progress.stop();
        output.progress.report('Checking and writing');
      };
      // Standard input can be read only once.
      return await importLog(database, file === '-' ? lines() : lines, { onConflict, dryRun, onRead });
    },
    { writes: true },
  );
  await print(report, dryRun ?? false, session);
  if (report.events > 0 && (await session.configuration()).aggregates?.length)
    await output.note(
      'no handlers were tried on what was imported; `maestro check` folds it with the configured aggregates',
    );
}

async function print(report: ImportReport, dryRun: boolean, { output }: Session): Promise<void> {
  const { events, present, snapshots, skipped, incomplete, unreadable } = report;
  if (output.quiet) {
    for (const id of skipped) await output.line(id);
  } else
    await printFacts(output, {
      id: '',
      json: JSON.stringify({ dryRun, ...report }),
      facts: [
        [dryRun ? 'events to import' : 'events imported', decimal(events)],
        ['already there', decimal(present)],
        [dryRun ? 'snapshots to store' : 'snapshots stored', decimal(snapshots)],
        ['aggregates left out', skipped.length === 0 ? 'none' : decimal(skipped.length)],
        ...skipped.slice(0, SHOWN_IDS).map((id) => ['', id] as const),
        ...(skipped.length > SHOWN_IDS ? [['', 'and more; -o json names them all'] as const] : []),
      ],
    });
  if (incomplete > 0)
    await output.warn(
      `The export has only parts of the histories of ${counted(incomplete, 'aggregate')}; \`maestro verify\` tells which are not whole now.`,
    );
  if (unreadable !== undefined)
    await output.warn(
      `An Elixir application uses this schema, and cannot read ${counted(unreadable.count, 'body', 'bodies')} of the export, the first in line ${unreadable.line}: it ${unreadable.message}. With \`interop\` (maestro.config.ts) such an import is refused.`,
    );
  if (dryRun) await output.note('this was a dry run: nothing was written');
}

/** How many of the aggregates that were left out a table names. */
const SHOWN_IDS = 10;
