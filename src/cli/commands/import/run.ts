import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { importLog, type ImportReport } from '../../../admin/transfer/import-log.js';
import type { Database } from '../../../connection/database.js';
import { canReadProjections } from '../../../store/positions/assert-tables.js';
import { type Copy, readCopies } from '../../../projection/copies/copy.js';
import { readLines } from '../../input/read-lines.js';
import type { Output } from '../../output/output.js';
import { printFacts } from '../../output/print-facts.js';
import { counted, decimal } from '../../../text/figures.js';
import { withDatabase } from '../../database/with-database.js';
import type { Invocation } from '../../invocation.js';

/** The options of `maestro import`. */
export interface ImportCommandOptions {
  readonly file: string;
  readonly onConflict: 'fail' | 'skip';
  readonly dryRun?: boolean;
}

/** Imports an export. */
export async function run({ file, onConflict, dryRun }: ImportCommandOptions, invocation: Invocation): Promise<void> {
  const { output, context } = invocation;
  const size =
    file === '-'
      ? 0
      : await stat(resolve(context.workingDirectory, file)).then(
          (s) => s.size,
          () => 0,
        );
  const { report, followers } = await withDatabase(
    invocation,
    async (database) => {
      let read = 0;
      const lines = () => {
        read = 0;
        return readLines(file, invocation, (bytes) => {
          read += bytes;
          output.progress.measure('Reading', read, size, 'bytes');
        });
      };
      const onRead = () => {
        output.progress.stop();
        output.progress.report('Checking and writing');
      };
      // Standard input can be read only once.
      const report = await importLog(database, file === '-' ? lines() : lines, { onConflict, dryRun, onRead });
      return { report, followers: report.events === 0 ? [] : await followersOf(database) };
    },
    { writes: true },
  );
  await print(report, dryRun ?? false, invocation);
  await noteFollowers(followers, dryRun ?? false, output);
  if (report.events > 0 && (await invocation.configuration()).aggregates?.length)
    await output.note(
      'it was not checked that the imported events can be folded; `maestro check` does that with the configured aggregates',
    );
}

/** The projections and subscriptions that follow the log. */
async function followersOf({ knex, schema }: Database): Promise<readonly Copy[]> {
  if (!(await canReadProjections(knex, schema))) return [];
  return (await readCopies(knex, schema)).filter(({ status }) => status === 'live');
}

/** Tells what will become of the imported events besides being stored. */
async function noteFollowers(followers: readonly Copy[], dryRun: boolean, output: Output): Promise<void> {
  const [projections, subscriptions] = (['projection', 'subscription'] as const).map((kind) =>
    followers.filter((copy) => copy.kind === kind).map(({ name }) => name),
  ) as [string[], string[]];
  const will = dryRun ? 'would' : 'will';
  if (projections.length > 0)
    await output.note(
      `${counted(projections.length, 'projection')} ${will} take the events in (${projections.join(', ')}): workers do it, or \`maestro projections run --once\``,
    );
  if (subscriptions.length > 0)
    await output.warn(
      `${counted(subscriptions.length, 'subscription')} ${will} react to the imported events as to new ones: ${subscriptions.join(', ')}.`,
    );
}

async function print(report: ImportReport, dryRun: boolean, { output }: Invocation): Promise<void> {
  const { events, present, snapshots, skipped, incomplete, unreadable } = report;
  await printFacts(output, {
    ids: skipped,
    json: { dryRun, ...report },
    facts: [
      [dryRun ? 'events to import' : 'events imported', decimal(events)],
      ['already there', decimal(present)],
      [dryRun ? 'snapshots to store' : 'snapshots stored', decimal(snapshots)],
      ['aggregates left out', skipped.length === 0 ? 'none' : decimal(skipped.length)],
      ...skipped.slice(0, SHOWN_IDS).map((id) => ['', id] as const),
      ...(skipped.length > SHOWN_IDS ? [['', 'and more; -o json lists all'] as const] : []),
    ],
  });
  if (incomplete > 0)
    await output.warn(
      `The export has only parts of the histories of ${counted(incomplete, 'aggregate')}; \`maestro verify\` lists those that are incomplete now.`,
    );
  if (unreadable !== undefined)
    await output.warn(
      `An Elixir application uses this schema, and cannot read ${counted(unreadable.count, 'body', 'bodies')} of the export; the first is in line ${unreadable.line}, where a value ${unreadable.message}. Set \`interop\` in maestro.config.ts to refuse such an import.`,
    );
  if (dryRun) await output.note('this was a dry run: nothing was written');
}

/** Number of left-out aggregates that a table lists. */
const SHOWN_IDS = 10;
