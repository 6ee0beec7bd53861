import { behindText } from '../../../admin/tail-events/behind-text.js';
import type { LogReader } from '../../../admin/tail-events/follower.js';
import { Tail } from '../../../admin/tail-events/tail-events.js';
import type { StoredEvent } from '../../../events.js';
import { UsageError } from '../../errors.js';
import { assertAggregate } from '../../fold/assert-aggregate.js';
import { type IdArgument, IdPrefix } from '../../input/id-argument.js';
import { resolveAggregateId } from '../../input/resolve-id.js';
import { tap } from '../../output/iterate.js';
import { noteEmptyLog } from '../../output/notes/other-schemas.js';
import { warnOfUnknownTypes } from '../../output/notes/unknown-types.js';
import { eventLines, HIDDEN_METADATA, printEvents } from '../../output/print-events.js';
import { databaseSettings } from '../../database/database-settings.js';
import { withDatabase } from '../../database/with-database.js';
import type { Invocation } from '../../invocation.js';

/** The options of `maestro tail`. */
export interface TailCommandOptions {
  readonly lines: number;
  readonly follow?: boolean;
  readonly type?: string[];
  readonly metadata?: boolean;
  /** Milliseconds. */
  readonly interval?: number;
}

/** Milliseconds between two looks at the embedded database: each keeps other processes out while it is open. */
const EMBEDDED_INTERVAL = 2000;

/** Lists the last events, and with `--follow` every new one. */
export async function run(
  argument: IdArgument | undefined,
  options: TailCommandOptions,
  invocation: Invocation,
): Promise<void> {
  const { output } = invocation;
  if (options.follow) output.withoutPager();
  if (options.follow && invocation.options.output === 'json')
    throw new UsageError('-o json prints one document, which --follow would never complete.', {
      hint: 'Use -o ndjson.',
    });
  const settings = await databaseSettings(invocation);
  const isEmbedded = 'dataDir' in settings.target;
  const id =
    argument instanceof IdPrefix
      ? await withDatabase(invocation, (database) => resolveAggregateId(invocation, database, argument), { settings })
      : argument;
  const open = (read: LogReader) =>
    new Tail(read, {
      aggregateId: id,
      types: options.type,
      lines: options.lines,
      interval: options.interval ?? (isEmbedded ? EMBEDDED_INTERVAL : undefined),
      onLost: (error) => void output.warn(`${messageOf(error)} Trying again until it is back.`),
      onBehind: (nodes) => void output.warn(behindText(nodes)),
      onBack: () => void output.note('the database is back'),
    });
  const shown = { ofMany: id === undefined, metadata: options.metadata };
  // The embedded database is opened anew for every look, so that writers can open it in between.
  if (options.follow && isEmbedded) {
    const tail = open((work) => withDatabase(invocation, work, { settings }));
    return await follow(tail, invocation, shown);
  }
  await withDatabase(
    invocation,
    async (database) => {
      const tail = open((work) => work(database));
      if (options.follow) {
        await warnOfUnknownTypes(database, options.type, new Set(), output);
        return await follow(tail, invocation, shown);
      }
      const seen = new Set<string>();
      const last = tap(await tail.last(), ({ type }) => seen.add(type));
      await printEvents(last, output, {
        ...shown,
        whenNone: async () => {
          if (id !== undefined) await assertAggregate(database, id);
          await warnOfUnknownTypes(database, options.type, seen, output);
          await output.note(options.lines === 0 ? 'no events were asked for (--lines 0)' : 'no event was found');
          if (id === undefined) await noteEmptyLog(database, output);
        },
      });
      if (seen.size > 0) await warnOfUnknownTypes(database, options.type, seen, output);
    },
    { settings },
  );
}

/** Prints the last events and then every new one as it comes, one per line. */
async function follow(
  tail: Tail,
  { output, context }: Invocation,
  shown: Parameters<typeof eventLines>[2],
): Promise<void> {
  const last = await tail.last();
  const lines = await eventLines(last, output, shown);
  let isTold = false;
  const print = async (event: StoredEvent) => {
    await output.line(lines.line(event));
    if (isTold || lines.hidesMetadata?.() !== true) return;
    isTold = true;
    await output.note(HIDDEN_METADATA);
  };
  if (lines.head !== undefined) await output.line(lines.head);
  for (const event of last) await print(event);
  output.progress.stop();
  await context.endWithReader?.();
  for await (const event of tail.follow()) await print(event);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
