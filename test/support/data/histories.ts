import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { Timestamp } from '../../../src/hlc/timestamp.js';
import type { PostgresStore } from '../../../src/store/postgres-store.js';
import { anEvent, anId } from './factories.js';

/** A part of an event that a test wants to be so. */
export type EventPart = Partial<Pick<ReturnType<typeof anEvent>, 'type' | 'body' | 'timestamp' | 'sequence'>>;

/** The configuration file of the chess games. */
export const CHESS_CONFIG = fileURLToPath(new URL('../../../examples/chess/maestro.config.ts', import.meta.url));
/** The configuration file of an aggregate `tally` whose handlers fail. */
export const FAULTY_CONFIG = fileURLToPath(new URL('../cli/faulty.config.ts', import.meta.url));

/** Stores a history of a new aggregate. */
export async function aHistoryOf(
  store: Pick<PostgresStore, 'commitEvents'>,
  events: readonly EventPart[],
): Promise<Timestamp> {
  const id = anId();
  const result = await store.commitEvents(events.map((event, index) => anEvent(id, { sequence: index + 1, ...event })));
  if (!result.ok) throw new Error(result.error);
  return id;
}

/** The events of a chess game of the examples. */
export function chessGame(name: string): { type: string; body: Record<string, unknown> }[] {
  const file = new URL(`../../../examples/chess/${name}.ndjson`, import.meta.url);
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as { type: string; body: Record<string, unknown> });
}

/** Readings of one writer's clock in the order of the sequences: some run backwards, some share a millisecond. */
export function clocks({ minLength = 0 } = {}): fc.Arbitrary<Timestamp[]> {
  const parts = fc.record({ time: fc.integer({ min: 1, max: 6 }), counter: fc.integer({ min: 0, max: 2 }) });
  const options = {
    minLength,
    maxLength: 12,
    selector: ({ time, counter }: { time: number; counter: number }) => time * 3 + counter,
  };
  return fc.uniqueArray(parts, options).map((all) => {
    const nodeId = randomBytes(8).readBigUInt64BE();
    return all.map(({ time, counter }) => Timestamp.of({ time: time * 1000, counter, nodeId }));
  });
}
