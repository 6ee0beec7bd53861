import { query } from '../../store/read/rows.js';
import { WriteMismatchError } from '../../store/errors.js';
import { isRefusedCopy, sqlState } from '../../store/driver/driver-error.js';
import { type EventLog, tablesOf } from '../log/event-log.js';
import { eventLine, type Gathering, InOrder, LastFirst, snapshotLine } from './copy-lines.js';
import type { DirectWay } from './direct-way.js';
import type { ExportedItem } from './read-export.js';
import { type MergeReport, upsertSnapshots } from './merge-staging.js';
import { copyTexts, createSnapshotStaging, STAGED_SNAPSHOTS } from './staging.js';

/** The export cannot be copied straight into the log, but needs staging tables. */
export class NeedsStagingError extends Error {}

/**
 * Copies the items of an export straight into the log, whose unique indexes refuse what is there already. The text of each
 * canonical body proves that PostgreSQL stores it exactly as the file has it, so only counts are compared afterwards. Throws
 * {@link NeedsStagingError} for a body in another form, a history too long to hold, or a row that the log refuses or has in
 * a way that its indexes allow; then the transaction must be rolled back.
 */
export async function copyIntoLog(
  log: EventLog,
  items: AsyncIterable<ExportedItem>,
  { isEmpty, canShareTimestamps }: DirectWay,
): Promise<MergeReport> {
  const { log: events, snapshots } = tablesOf(log);
  const copy = new Copying(items);
  try {
    const columns = '("timestamp", aggregate_id, sequence, type, body)';
    const all = copy.texts(eventLine, isEmpty ? new InOrder() : new LastFirst());
    assertStored(await copyTexts(log.knex, `COPY ${events} ${columns} FROM STDIN`, all), copy.sent, 'events');
    if (canShareTimestamps) await assertUniqueTimestamps(log, copy);
    const stored = { events: copy.sent, snapshots: 0 };
    if (await copy.isAtEnd()) return { ...stored, present: 0, skipped: [] };
    if (!isEmpty) await createSnapshotStaging(log.knex);
    const target = `COPY ${isEmpty ? snapshots : STAGED_SNAPSHOTS} (aggregate_id, sequence, body) FROM STDIN`;
    stored.snapshots = await copyTexts(log.knex, target, copy.texts(snapshotLine, new InOrder()));
    assertStored(stored.snapshots, copy.sent, 'snapshots');
    if (!isEmpty) stored.snapshots = await upsertSnapshots(log);
    return { ...stored, present: 0, skipped: [] };
  } catch (error) {
    await copy.stop();
    // The import through staging tables reports the same fault with its line.
    if (/^2[23]|^40P01$/.test(sqlState(error) ?? '') || isRefusedCopy(error))
      throw new NeedsStagingError('a row was refused', { cause: error });
    throw error;
  }
}

/** The items of an export on their way into tables. */
class Copying {
  readonly #iterator: AsyncIterator<ExportedItem>;
  #next: IteratorResult<ExportedItem> | undefined;
  /** Number of items in the texts that were made last. */
  sent = 0;
  /** The first and the last timestamp of all events, in hex digits. */
  first = '~';
  last = '';

  constructor(items: AsyncIterable<ExportedItem>) {
    this.#iterator = items[Symbol.asyncIterator]();
  }

  /** The lines of the next items, as long as they have one. */
  async *texts(
    lineOf: (item: ExportedItem) => string | undefined,
    gathering: Gathering,
  ): AsyncGenerator<string, void, undefined> {
    this.sent = 0;
    // One generator makes the lines and gathers them: a step more for every line would be measurable.
    let next = this.#next ?? (await this.#iterator.next());
    for (; !next.done; next = await this.#iterator.next()) {
      const line = lineOf(next.value);
      if (line === undefined) break;
      if (!next.value.isCanonical) throw new NeedsStagingError('a body has another form');
      if (!gathering.add(line, this.#seen(next.value))) throw new NeedsStagingError('a history is too long');
      this.sent += 1;
      const text = gathering.take();
      if (text !== undefined) yield text;
    }
    this.#next = next;
    yield gathering.rest();
  }

  /** True when no item is left. */
  async isAtEnd(): Promise<boolean> {
    this.#next ??= await this.#iterator.next();
    return this.#next.done === true;
  }

  async stop(): Promise<void> {
    await this.#iterator.return?.();
  }

  /** The aggregate of an item. */
  #seen(item: ExportedItem): string {
    if ('snapshot' in item) return item.snapshot.aggregateId.hex;
    const { hex } = item.event.timestamp;
    if (hex < this.first) this.first = hex;
    if (hex > this.last) this.last = hex;
    return item.event.aggregateId.hex;
  }
}

function assertStored(stored: number, sent: number, what: 'events' | 'snapshots'): void {
  if (stored === sent) return;
  throw new WriteMismatchError(`PostgreSQL stored ${stored} of ${sent} ${what}; nothing was imported.`, {
    hint: 'Look for a trigger, rule or policy on the tables that drops rows.',
  });
}

/** Throws when events of the time of the export share a timestamp: which of them are at fault, staging tables tell. */
async function assertUniqueTimestamps(log: EventLog, { sent, first, last }: Copying): Promise<void> {
  if (sent === 0) return;
  const sql = `SELECT 1 FROM ${tablesOf(log).log} WHERE "timestamp" >= ? AND "timestamp" <= ?
GROUP BY "timestamp" HAVING count(*) > 1 LIMIT 1`;
  const between = [Buffer.from(first, 'hex'), Buffer.from(last, 'hex')];
  if ((await query(log.knex, sql, between)).length > 0) throw new NeedsStagingError('events share a timestamp');
}
