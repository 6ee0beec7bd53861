import { exportLog, type ExportOptions } from '../../../admin/transfer/export-log.js';
import type { Footer } from '../../../admin/transfer/export-format.js';
import type { Database } from '../../../connection/database.js';
import type { Timestamp } from '../../../hlc/timestamp.js';
import { UsageError } from '../../errors.js';
import { assertAggregate } from '../../fold/assert-aggregate.js';
import { assertOrder, type FilterOptions } from '../../input/filter-options.js';
import type { IdArgument } from '../../input/id-argument.js';
import { resolveAggregateId } from '../../input/resolve-id.js';
import { warnOfUnknownTypes } from '../../output/notes/unknown-types.js';
import { printFacts } from '../../output/print-facts.js';
import { writeWhole } from '../../output/whole-file.js';
import { escapeText } from '../../../text/escape.js';
import { counted, decimal } from '../../../text/figures.js';
import { withDatabase } from '../../database/with-database.js';
import type { Invocation } from '../../invocation.js';

/** The options of `maestro export`. */
export interface ExportCommandOptions extends FilterOptions {
  readonly file?: string;
  readonly force?: boolean;
}

/** Exports the log, or a part of it. */
export async function run(
  named: readonly IdArgument[] = [],
  options: ExportCommandOptions,
  invocation: Invocation,
): Promise<void> {
  const { file, force, type: types, since, until } = options;
  const { output, context } = invocation;
  assertOrder(options);
  if (file === undefined && force)
    throw new UsageError('--force works only together with --file.', { hint: 'Add --file, or leave --force out.' });
  if (file === undefined && context.stdout.isTerminal)
    throw new UsageError('Standard output is a terminal.', {
      hint: 'Name a file with --file, or redirect the output. To look at events, see `maestro events` and `maestro search`.',
    });
  await withDatabase(invocation, async (database) => {
    const ids: Timestamp[] = [];
    for (const argument of named) {
      const id = await resolveAggregateId(invocation, database, argument);
      await assertAggregate(database, id);
      ids.push(id);
    }
    await warnOfUnknownTypes(database, types, new Set(), output);
    const chosen: ExportOptions = { aggregateIds: ids.length === 0 ? undefined : ids, types, since, until };
    if (file === undefined) {
      const footer = await writeExport(database, chosen, invocation, (text) => context.stdout.write(text));
      await output.note(`exported ${summary(footer)}`);
      return;
    }
    let footer: Footer | undefined;
    await writeWhole(file, invocation, { force }, async (write) => {
      footer = await writeExport(database, chosen, invocation, write);
    });
    if (footer !== undefined) await print(file, footer, invocation);
  });
  if (types !== undefined || since !== undefined || until !== undefined)
    await output.note('the export has only parts of histories, and no snapshots');
}

async function writeExport(
  database: Database,
  options: ExportOptions,
  { output, context }: Invocation,
  write: (text: string) => Promise<void>,
): Promise<Footer> {
  let total = 0;
  let gaps = 0;
  let first = '';
  const onGap = ({ hex }: Timestamp, after: number, next: number) => {
    gaps += 1;
    if (gaps === 1) first = `${hex} between ${after} and ${next}`;
  };
  const counting = context.stderr.isTerminal ? { onTotal: (events: number) => (total = events) } : {};
  const footer = await exportLog(
    database,
    {
      ...options,
      ...counting,
      onGap,
      onProgress: (events) => output.progress.measure('Exporting', events, total, 'events'),
    },
    write,
  ).finally(() => output.progress.stop());
  if (gaps > 0)
    await output.warn(
      `Events are missing in ${counted(gaps, 'place')}, the first in ${first}; the export has the events that exist. See \`maestro verify\`.`,
    );
  return footer;
}

async function print(file: string, { events, snapshots, sha256 }: Footer, { output }: Invocation): Promise<void> {
  await printFacts(output, {
    ids: [escapeText(file)],
    json: { file, events, snapshots, sha256 },
    facts: [
      ['file', file],
      ['events', decimal(events)],
      ['snapshots', decimal(snapshots)],
      ['sha-256', sha256],
    ],
  });
}

function summary({ events, snapshots }: Footer): string {
  return `${counted(events, 'event')} and ${counted(snapshots, 'snapshot')}`;
}
