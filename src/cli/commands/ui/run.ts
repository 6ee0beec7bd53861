import { setFlagsFromString } from 'node:v8';
import { neighbours } from '../../../admin/find-event/find-event.js';
import { assertNoHiddenRows } from '../../../admin/log/row-security.js';
import type { Database } from '../../../connection/database.js';
import { Timestamp } from '../../../hlc/timestamp.js';
import { uiHandler } from '../../../ui/handler.js';
import { isLoopback } from '../../../ui/server/hosts.js';
import { startServer, type UiServer } from '../../../ui/server/start-server.js';
import { withDatabase } from '../../database/with-database.js';
import { UsageError } from '../../errors.js';
import type { ExitCode } from '../../exit-codes.js';
import { untilInterrupted } from '../../interruptible.js';
import type { Invocation } from '../../invocation.js';
import { databaseFlags } from '../../output/add-database-flags.js';
import { mayOpenBrowser } from './may-open-browser.js';

/** The options of `maestro ui`. */
export interface UiCommandOptions {
  readonly port: number;
  readonly host: string;
  readonly label?: string;
  /** False with `--no-open`. */
  readonly open: boolean;
}

/** Longest time for one statement of a page, in milliseconds, when nobody names another. */
const STATEMENT_TIMEOUT = 30_000;

/**
 * How much more than is used the heap may become until garbage is collected, in percent. By itself the engine lets it become several
 * times as much, which would be most of the memory of this process; collecting more often takes about a hundredth of its time.
 */
const HEAP_GROWTH = 40;

/** Most connections: pages that run for long, two of each kind and four that follow the log, leave some to those that are opened meanwhile. */
const CONNECTIONS = 12;

/** Live pages of one reader. A browser opens six connections to a server, of which others must be left for pages. */
const LIVE_PAGES = 4;

/** A timestamp to look around, whether it is there or not. */
const ANY = Timestamp.of({ time: 0, nodeId: 1n });

/** Serves the pages until Ctrl-C. */
export async function run(options: UiCommandOptions, invocation: Invocation): Promise<ExitCode | undefined> {
  invocation.output.withoutPager();
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH}`);
  return await withDatabase(invocation, (database) => serve(database, options, invocation), {
    onlyReads: true,
    statementTimeout: STATEMENT_TIMEOUT,
    connections: CONNECTIONS,
  });
}

async function serve(
  database: Database,
  { host, port, label, open }: UiCommandOptions,
  invocation: Invocation,
): Promise<ExitCode | undefined> {
  const { context } = invocation;
  // What is wrong with the connection, the tables or the rights is told here, and not by the first page.
  await assertNoHiddenRows(database);
  await neighbours(database, { timestamp: ANY });
  const { aggregates = [], projections = [] } = await invocation.configuration();
  const flags = databaseFlags(invocation.options).flat();
  const handler = uiHandler({
    database,
    aggregates,
    projections,
    flags,
    ...(label !== undefined && { label }),
    ...(isLoopback(host) && { livePages: LIVE_PAGES }),
  });
  const server = await startOn(handler, host, port);
  const interrupt = untilInterrupted(context);
  try {
    await tell(server, { host, port }, database, invocation);
    if (open && mayOpenBrowser(context)) await context.openBrowser?.(server.urlForOnce());
    if (!interrupt.signal.aborted)
      await new Promise((resolve) => interrupt.signal.addEventListener('abort', resolve, { once: true }));
    return interrupt.exitCode;
  } finally {
    await server.close();
    interrupt.end();
  }
}

async function startOn(handler: Parameters<typeof startServer>[0], host: string, port: number): Promise<UiServer> {
  try {
    return await startServer(handler, { host, port });
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (!['EADDRNOTAVAIL', 'ENOTFOUND', 'EAI_AGAIN'].includes(code)) throw error;
    throw new UsageError(`${host} is not an address of this machine.`, {
      hint: 'Leave --host out, and the pages are served on 127.0.0.1.',
    });
  }
}

async function tell(
  server: UiServer,
  { host, port }: Pick<UiCommandOptions, 'host' | 'port'>,
  { embedded }: Database,
  { output }: Invocation,
): Promise<void> {
  if (!isLoopback(host))
    await output.warn(
      `Whoever reaches port ${server.port} of this machine and learns the address can read everything in the database, and the connection is not encrypted.`,
    );
  if (port !== 0 && server.port !== port) await output.note(`port ${port} is taken, so this is port ${server.port}`);
  if (embedded) await output.note('the embedded database stays open meanwhile, so no other process can use it');
  await output.inForm({
    ids: () => output.line(server.url),
    json: () => output.json({ url: server.url }),
    table: () => output.line(server.url),
  });
  await output.note('serving until Ctrl-C');
}
