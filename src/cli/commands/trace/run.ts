import type { EventHead } from '../../../admin/find-event/find-event.js';
import type { Cause } from '../../../admin/trace-events/cause.js';
import { estimateTrace } from '../../../admin/trace-events/estimate-trace.js';
import { type TracedEvent, traceEvents } from '../../../admin/trace-events/trace-events.js';
import { eventMembers } from '../../../store/read/stored-json.js';
import { withDatabase } from '../../database/with-database.js';
import { NotFoundError } from '../../errors.js';
import { assertOrder, type FilterOptions } from '../../input/filter-options.js';
import type { Invocation } from '../../invocation.js';
import { limitTo } from '../../output/iterate.js';
import { noteMissingIndex } from '../../output/notes/missing-index.js';
import { noteEmptyLog } from '../../output/notes/other-schemas.js';
import type { Output } from '../../output/output.js';
import { printRows } from '../../output/print-rows.js';
import { shellWord } from '../../../text/shell-word.js';
import { localTime } from '../../render/local-time.js';

/** The options of `maestro trace`. */
export interface TraceCommandOptions extends Pick<FilterOptions, 'since' | 'until'> {
  readonly limit: number;
}

/** Lists the events with a correlation id, and what caused what. */
export async function run(
  correlationId: string,
  { limit, ...time }: TraceCommandOptions,
  invocation: Invocation,
): Promise<void> {
  assertOrder(time);
  const { output } = invocation;
  await withDatabase(invocation, async (database) => {
    const { index: state, events } = await estimateTrace(database, time);
    const index = { on: 'correlation ids', state, command: 'maestro migrate index add' };
    await noteMissingIndex({ events }, index, output);
    let hasMore = false;
    const found = traceEvents(database, correlationId, { ...time, limit: limit + 1 });
    await printTrace(
      limitTo(found, limit, () => (hasMore = true)),
      output,
      async () => {
        await noteEmptyLog(database, output);
        throw notFound(correlationId, time);
      },
    );
    if (hasMore) await output.warn(`There are more events than these ${limit}: give a larger --limit, or --since.`);
  });
}

function notFound(correlationId: string, { since, until }: Pick<FilterOptions, 'since' | 'until'>): NotFoundError {
  const within = since === undefined && until === undefined ? '' : ' in this time';
  return new NotFoundError(
    `No event${within} has the correlation id ${JSON.stringify(correlationId)} in its metadata.`,
    {
      hint: `Upper and lower case differ. To find the text anywhere in types and bodies, run \`maestro search --text ${shellWord(correlationId)}\`.`,
    },
  );
}

async function printTrace(
  events: AsyncIterable<TracedEvent>,
  output: Output,
  whenNone: () => Promise<unknown>,
): Promise<void> {
  const { style, columns } = output;
  await printRows<TracedEvent>(events, output, {
    id: ({ event }) => event.timestamp.toString(),
    json: tracedJson,
    columns: [
      { heading: '#', value: ({ number }) => String(number), align: 'right' },
      {
        heading: columns === undefined ? 'TIMESTAMP' : 'TIME',
        value: ({ event: { timestamp } }) => (columns === undefined ? timestamp.toString() : localTime(timestamp.time)),
        paint: (text) => style.faint(text),
        optional: 1,
      },
      { heading: 'AGGREGATE', value: ({ event }) => event.aggregateId.hex, isId: true },
      { heading: 'SEQ', value: ({ event }) => String(event.sequence), align: 'right' },
      {
        heading: 'TYPE',
        value: ({ event, depth }) => indentation(depth) + event.type,
        paint: (text, { event }) => style.type(text, event.type),
      },
      { heading: 'CAUSE', value: ({ cause }) => causeText(cause), wraps: true, least: 12 },
    ],
    whenNone,
  });
}

/** Deepest indentation, in steps; what is deeper begins with its depth. */
const DEEPEST = 8;

function indentation(depth: number): string {
  return depth <= DEEPEST ? '  '.repeat(depth) : `${'  '.repeat(DEEPEST)}(${depth}) `;
}

function causeText(cause: Cause | undefined): string {
  if (cause === undefined) return '';
  switch (cause.kind) {
    case 'listed':
      return `#${cause.number}`;
    case 'elsewhere':
      return `not in this trace: ${headText(cause.event)}`;
    case 'later':
      return `not earlier: ${headText(cause.event)}`;
    case 'unknown':
      return `no event has the timestamp ${cause.timestamp.toString()}`;
    case 'invalid':
      return `not a timestamp: ${cause.value}`;
  }
}

function headText({ timestamp, type, sequence, aggregateId }: EventHead): string {
  return `${timestamp.toString()}: ${type}, ${sequence} of ${aggregateId.hex}`;
}

function tracedJson({ event, number, depth, cause }: TracedEvent): object {
  return { ...eventMembers(event), number, depth, cause: causeJson(cause) };
}

function causeJson(cause: Cause | undefined): object | null {
  if (cause === undefined) return null;
  if (!('event' in cause)) return cause;
  const { event, ...facts } = cause;
  const { aggregateId, sequence, timestamp, type } = event;
  return { ...facts, aggregateId: aggregateId.hex, sequence, timestamp, type };
}
