import { setTimeout as delay } from 'node:timers/promises';
import type { Knex } from 'knex';
import type { NewEvent } from '../../src/events.js';
import { OutcomeUnknownError } from '../../src/store/errors.js';
import type { PostgresStore } from '../../src/store/postgres-store.js';
import type { CommitResult, Projection } from '../../src/store/store.js';
import { anEvent, anId } from './data/factories.js';

/** A commit that was tried, and what its caller was told. */
export interface Attempt {
  readonly events: readonly NewEvent[];
  readonly answer: CommitResult | Error;
}

/** Writers at work, each on an aggregate of its own. */
export interface Writers {
  /** Resolves when so many more commits have been acknowledged. */
  progress(commits: number): Promise<void>;
  /** Ends them; gives all that they tried. */
  stop(): Promise<readonly Attempt[]>;
}

/** The pause after an error, in milliseconds. */
const PAUSE = 20;

/** Starts writers, of which every other one has a projection. */
export function startWriters(store: PostgresStore, count: number, projection: Projection): Writers {
  const attempts: Attempt[] = [];
  let isOver = false;
  let acknowledged = 0;
  const write = async (writer: number) => {
    const id = anId();
    let last = 0;
    for (let round = 0; !isOver; round += 1) {
      const events = Array.from({ length: 1 + (round % 4) }, (_, n) => anEvent(id, { sequence: last + 1 + n }));
      const projections = writer % 2 === 0 ? [] : [projection];
      const answer = await store.commitAll(events, projections).catch((error: Error) => error);
      attempts.push({ events, answer });
      if (!(answer instanceof Error) && answer.ok) {
        last += events.length;
        acknowledged += 1;
        continue;
      }
      // Whether an unknown one is there, only the log tells.
      await delay(PAUSE);
      last = (await store.getLastEvent(id).catch(() => undefined))?.sequence ?? last;
    }
  };
  const working = Promise.all(Array.from({ length: count }, (_, writer) => write(writer)));
  return {
    async progress(commits) {
      for (const goal = acknowledged + commits; acknowledged < goal;) await delay(PAUSE);
    },
    async stop() {
      isOver = true;
      await working;
      return attempts;
    },
  };
}

/** The differences between the log and what callers were told, a sentence each, and the numbers of the answers. */
export async function judgeAttempts(
  attempts: readonly Attempt[],
  { knex, schema }: { readonly knex: Knex; readonly schema: string },
): Promise<{ readonly lies: readonly string[]; readonly shown: string }> {
  const { rows } = await knex.raw<{ rows: { id: string; sequence: number; at: string }[] }>(
    `SELECT encode(aggregate_id, 'hex') AS id, sequence, encode("timestamp", 'hex') AS at FROM "${schema}".event_log`,
  );
  const stored = new Set(rows.map(({ at }) => at));
  const counts = { acknowledged: 0, conflicts: 0, refused: 0, unknown: 0 };
  const lies: string[] = [];
  const refusals = new Map<string, number>();
  for (const { events, answer } of attempts) {
    const found = events.filter(({ timestamp }) => stored.has(timestamp.hex)).length;
    if (found > 0 && found < events.length) lies.push('stored in part');
    if (answer instanceof OutcomeUnknownError) counts.unknown += 1;
    else if (answer instanceof Error) {
      counts.refused += 1;
      const { code = answer.name } = answer as { readonly code?: string };
      refusals.set(code, (refusals.get(code) ?? 0) + 1);
      if (found > 0) lies.push(`told that it failed, but stored: ${answer.message}`);
    } else if (answer.ok) {
      counts.acknowledged += 1;
      if (found === 0) lies.push('acknowledged, but lost');
    } else {
      counts.conflicts += 1;
      if (found > 0) lies.push('told of a conflict, but stored');
    }
  }
  const last = new Map<string, { highest: number; events: number }>();
  for (const { id, sequence } of rows) {
    const { highest, events } = last.get(id) ?? { highest: 0, events: 0 };
    last.set(id, { highest: Math.max(highest, sequence), events: events + 1 });
  }
  for (const [id, { highest, events }] of last) if (highest !== events) lies.push(`gap in ${id}`);
  const kinds = [...refusals].map(([code, count]) => `${count} ${code}`).join(', ');
  const shown = `${counts.acknowledged} acknowledged, ${counts.conflicts} conflicts, ${counts.refused} told as failed (${kinds}), ${counts.unknown} unknown; ${lies.length} lost, with a gap or told wrongly`;
  return { lies, shown };
}
