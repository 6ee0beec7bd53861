import type { Command } from 'commander';
import type { ErasurePlan } from '../../admin/erase-aggregate.js';
import type { Timestamp } from '../../hlc/timestamp.js';
import { sequenceOrZero } from '../arguments.js';
import type { CliContext } from '../context.js';
import { NotFoundError, UsageError } from '../errors.js';
import { type IdArgument, IdPrefix, idOrPrefix } from '../input/id-argument.js';
import { resolveAggregateId } from '../input/resolve-id.js';
import { printFacts } from '../print-facts.js';
import { decimal } from '../render/figures.js';
import { createSession, type Session, withDatabase } from '../session.js';

interface EraseOptions {
  readonly paths?: string[];
  readonly reason: string;
  readonly execute?: boolean;
  readonly expect?: number;
}

/** Declares `maestro erase`. */
export function registerErase(program: Command, context: CliContext): void {
  program
    .command('erase')
    .summary('remove an aggregate, or parts of its events, for good')
    .description(
      'Show what would be removed: the events of one aggregate, or the named paths of their bodies, and its snapshot. ' +
        'Only with --execute it is done: in one transaction, which proves at its end that nothing is left. Writers wait ' +
        'meanwhile; stop those of this aggregate, which would go on after the last sequence they know.',
    )
    .argument('<id>', 'the aggregate', idOrPrefix)
    .option('--paths <pointers...>', 'remove only these paths (JSON Pointers) from the bodies; the events stay')
    .requiredOption('--reason <text>', 'why; part of the report')
    .option('--expect <sequence>', 'refuse unless this is the last sequence', sequenceOrZero)
    .option('--execute', 'do it')
    .addHelpText(
      'after',
      `
Examples:
  $ maestro erase 01a2077042bc0000deadbeefcafef00d --reason "GDPR request 4711"
  $ maestro erase 01a2077042bc0000deadbeefcafef00d --reason "GDPR request 4711" --expect 41 --execute -o json >> erased.ndjson
  $ maestro erase 01a2077042bc0000deadbeefcafef00d --paths /owner/email /owner/phone --reason "GDPR request 4712" --execute`,
    )
    .action((id: IdArgument, options: EraseOptions, command: Command) =>
      erase(id, options, createSession(context, command)),
    );
}

async function erase(argument: IdArgument, options: EraseOptions, session: Session): Promise<void> {
  const { paths, reason, execute = false, expect } = options;
  if (reason.trim() === '')
    throw new UsageError('--reason is empty.', { hint: 'Say why: it is part of the report that you keep.' });
  if (execute && argument instanceof IdPrefix)
    throw new UsageError('--execute needs the whole id of the aggregate.', {
      hint: 'Leave --execute out to see what would be erased, with the whole id. Nothing was changed.',
    });
  const [{ eraseAggregate, planErasure }, { hasElixir }] = await Promise.all([
    import('../../admin/erase-aggregate.js'),
    import('../../admin/elixir.js'),
  ]);
  let besideElixir = false;
  const { id, plan } = await withDatabase(
    session,
    async (database) => {
      const id = await resolveAggregateId(session, database, argument);
      const plan = await planErasure(database, { aggregateId: id, paths });
      assertSomething(id, plan, paths);
      besideElixir = await hasElixir(database);
      if (!execute) return { id, plan };
      const limits = { expect, lockTimeout: session.options.timeout };
      return { id, plan: await eraseAggregate(database, { aggregateId: id, paths }, limits) };
    },
    { writes: execute },
  );
  await print(id, plan, options, session);
  if (execute)
    await session.output.note(
      'it is still in backups, exports, the write-ahead log, replicas until they follow, and read models of applications; ' +
        'the space on disk is overwritten after VACUUM',
    );
  if (besideElixir) await session.output.warn(writtenBack(id, paths));
  if (!execute) await session.output.note(`nothing was changed; to do it: add --expect ${plan.sequence} --execute`);
}

/** What a process of an Elixir application may do that has the aggregate in memory, and how to look for it. */
function writtenBack(id: Timestamp, paths: readonly string[] | undefined): string {
  const look =
    paths === undefined
      ? `look with \`maestro verify ${id.hex}\` whether there is anything again`
      : 'make this plan again afterwards, and `maestro snapshot verify`, to see whether the values are there again';
  return (
    'An Elixir application uses this schema. A process of it that has the aggregate in memory still has what is erased, and ' +
    `writes it back with its next events or snapshot. Restart it (all nodes) first, and ${look}.`
  );
}

/** Throws {@link NotFoundError} when there is nothing to erase, so that a wrong id or path is not taken for success. */
function assertSomething(id: Timestamp, plan: ErasurePlan, paths: readonly string[] | undefined): void {
  if (plan.sequence === 0 && plan.snapshot === undefined)
    throw new NotFoundError(`There is no aggregate ${id.hex}: neither events nor a snapshot.`, {
      hint: 'Check the id, the database (--url, --data-dir) and the schema (--schema).',
    });
  const absent = paths === undefined ? undefined : plan.paths.find(({ events }) => events === 0);
  if (absent !== undefined)
    throw new NotFoundError(`No event of ${id.hex} has anything at ${absent.path}.`, {
      hint: `Nothing was changed. See the bodies with \`maestro events ${id.hex}\`.`,
    });
}

async function print(
  id: Timestamp,
  { events, sequence, snapshot, paths }: ErasurePlan,
  { reason, execute = false, paths: asked }: EraseOptions,
  { output }: Session,
): Promise<void> {
  const whole = asked === undefined;
  const verb = execute ? 'erased' : 'to erase';
  await printFacts(output, {
    id: id.hex,
    json: JSON.stringify({
      aggregateId: id.hex,
      executed: execute,
      at: new Date().toISOString(),
      reason,
      what: whole ? 'events' : 'paths',
      events,
      sequence,
      snapshot: snapshot ?? null,
      paths,
      ...(execute ? { left: { events: 0, snapshots: 0 } } : {}),
    }),
    facts: [
      ['aggregate', id.hex],
      ['reason', reason],
      ['last sequence', String(sequence)],
      [whole ? `events ${verb}` : `events with paths ${verb}`, decimal(events)],
      ...paths.map(({ path, events: count }) => [`path ${verb}`, `${path} (in ${decimal(count)} events)`] as const),
      [`snapshot ${verb}`, snapshot === undefined ? 'none' : `of sequence ${snapshot}`],
      ...(execute
        ? [['left of it', whole ? 'no event, no snapshot' : 'no event with these paths, no snapshot'] as const]
        : []),
    ],
  });
}
