import type { Command } from 'commander';
import type { SnapshotVerdict } from '../../aggregate/verify-snapshot.js';
import type { Database } from '../../connection/database.js';
import type { StoredSnapshot } from '../../events.js';
import type { Timestamp } from '../../hlc/timestamp.js';
import { aggregateId } from '../arguments.js';
import { type AggregateChooser, handlersChooser, typeOfFirstEvent } from '../choose-aggregate.js';
import type { CliContext } from '../context.js';
import { NotFoundError, UsageError } from '../errors.js';
import { FOUND } from '../exit-codes.js';
import { listed } from '../iterate.js';
import { printFindings } from '../print-findings.js';
import { decimal } from '../render/figures.js';
import { createSession, type Session, withDatabase } from '../session.js';

interface VerifyOptions {
  readonly all?: boolean;
  readonly fix?: boolean;
  readonly aggregate?: string;
}

/** A snapshot that is not what the handlers make of the events. */
interface Finding {
  readonly aggregateId: string;
  readonly sequence: number;
  readonly problem: 'different' | 'ahead' | 'failed';
  readonly message: string;
  /** Whether `--fix` put the proper state in its place. */
  readonly fixed: boolean;
}

interface Checked {
  snapshots: number;
  /** Snapshots of another version, which nobody uses. */
  otherVersion: number;
  /** Snapshots of aggregates that no configured definition says are its own. */
  withoutHandlers: number;
}

/** Declares `maestro snapshot verify`; `exit` is told when a snapshot is wrong and stays so. */
export function registerSnapshotVerify(snapshot: Command, context: CliContext, exit: (code: number) => void): void {
  snapshot
    .command('verify')
    .summary("compare stored snapshots with what the application's handlers make of the events")
    .description(
      'Fold the events up to the sequence of a snapshot with the configured handlers, and compare the states by content. ' +
        'Exits with 1 when one is different, ahead of its history, or cannot be folded, unless --fix mended it.',
    )
    .argument('[id]', 'the aggregate', aggregateId)
    .option('--all', 'every snapshot there is')
    .option('--fix', 'put the proper state in the place of a wrong one')
    .option('--aggregate <name>', 'fold with the handlers of this aggregate of the configuration file')
    .addHelpText(
      'after',
      `
Examples:
  $ maestro snapshot verify 01a207704b600000deadbeefcafef00d
  $ maestro snapshot verify --all -o ndjson
  $ maestro snapshot verify --all --fix`,
    )
    .action(async (id: Timestamp | undefined, options: VerifyOptions, command: Command) => {
      if (await verifySnapshots(id, options, createSession(context, command))) exit(FOUND);
    });
}

async function verifySnapshots(
  id: Timestamp | undefined,
  { all, fix = false, aggregate }: VerifyOptions,
  session: Session,
): Promise<boolean> {
  if ((id === undefined) !== (all === true))
    throw new UsageError('Give the id of one aggregate, or --all.', { hint: 'See `maestro snapshot verify --help`.' });
  const choose = await handlersChooser(session, aggregate);
  const { output } = session;
  return await withDatabase(
    session,
    async (database) => {
      const snapshots = id === undefined ? await allOf(database) : listed([await oneOf(database, id)]);
      const checked: Checked = { snapshots: 0, otherVersion: 0, withoutHandlers: 0 };
      let left = 0;
      const findings = async function* () {
        for await (const finding of findingsOf(snapshots, database, choose, checked, fix)) {
          if (!finding.fixed) left += 1;
          yield finding;
        }
      };
      await printFindings(findings(), output, {
        name: 'wrong snapshots',
        checked: () => checked,
        checkedText: () => checkedText(checked),
        id: (finding) => finding.aggregateId,
        json: (finding) => JSON.stringify(finding),
        columns: [
          { heading: 'AGGREGATE', value: (finding) => finding.aggregateId },
          { heading: 'SEQUENCE', value: ({ sequence }) => String(sequence), align: 'right' },
          { heading: 'FIXED', value: ({ fixed }) => (fixed ? 'yes' : 'no') },
          { heading: 'PROBLEM', value: ({ message }) => message, paint: (text) => output.style.bad(text), least: 20 },
        ],
      });
      if (checked.withoutHandlers > 0)
        await output.warn(
          `${checked.withoutHandlers} snapshots were not checked: no configured aggregate says that they are its own.`,
        );
      return left > 0;
    },
    { writes: fix },
  );
}

async function* findingsOf(
  snapshots: AsyncIterable<StoredSnapshot>,
  database: Database,
  choose: AggregateChooser,
  checked: Checked,
  fix: boolean,
): AsyncGenerator<Finding> {
  const [{ verifySnapshot }, { replaceSnapshot }, { isAboutFolding }] = await Promise.all([
    import('../../aggregate/verify-snapshot.js'),
    import('../../admin/stored-snapshots.js'),
    import('../../aggregate/errors.js'),
  ]);
  const { store } = database;
  for await (const stored of snapshots) {
    const { aggregateId: id, sequence } = stored;
    const at = { aggregateId: id.hex, sequence };
    checked.snapshots += 1;
    try {
      const definition = await choose(id, () => typeOfFirstEvent(store, id));
      if (definition === undefined) {
        checked.withoutHandlers += 1;
        continue;
      }
      const verdict = await verifySnapshot({ definition, store, id }, stored);
      if (verdict.kind === 'other version') checked.otherVersion += 1;
      if (verdict.kind !== 'different' && verdict.kind !== 'ahead') continue;
      const { proper } = verdict;
      const fixed = fix && proper.sequence > 0 && (await replaceSnapshot(database, stored, proper));
      yield { ...at, problem: verdict.kind, message: await messageOf(verdict, stored), fixed };
    } catch (error) {
      if (!isAboutFolding(error) && !(error instanceof UsageError)) throw error;
      yield { ...at, problem: 'failed', message: error.message, fixed: false };
    }
  }
}

async function messageOf(
  verdict: Extract<SnapshotVerdict, { kind: 'different' | 'ahead' }>,
  stored: StoredSnapshot,
): Promise<string> {
  const { proper } = verdict;
  if (verdict.kind === 'ahead')
    return proper.sequence === 0
      ? 'the log has no events of it; `maestro erase` removes it'
      : `the history ends at sequence ${proper.sequence}`;
  const [{ diffJson }, { parseJsonText }, { changeText }] = await Promise.all([
    import('../../json/diff.js'),
    import('../../json/parse.js'),
    import('../render/changes.js'),
  ]);
  const changes = diffJson(parseJsonText(stored.body), parseJsonText(proper.body));
  const [first] = changes;
  const more = changes.length > 1 ? `, and ${changes.length - 1} more` : '';
  return `the handlers make another state: ${first === undefined ? '' : changeText(first)}${more}`;
}

async function allOf(database: Database): Promise<AsyncIterable<StoredSnapshot>> {
  const { storedSnapshots } = await import('../../admin/stored-snapshots.js');
  return storedSnapshots(database);
}

async function oneOf({ store }: Database, id: Timestamp): Promise<StoredSnapshot> {
  const stored = await store.getStoredSnapshot(id, 0);
  if (stored === undefined) throw new NotFoundError(`There is no snapshot of ${id.hex}.`, { hint: 'Check the id.' });
  return stored;
}

function checkedText({ snapshots, otherVersion, withoutHandlers }: Checked): string {
  const others = [
    ...(otherVersion > 0 ? [`${decimal(otherVersion)} of another version, which nobody uses`] : []),
    ...(withoutHandlers > 0 ? [`${decimal(withoutHandlers)} without handlers`] : []),
  ];
  return `${decimal(snapshots)} snapshots${others.length > 0 ? ` (${others.join(', ')})` : ''}`;
}
