import { readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { serverClass, sharedTmpdir } from './server-packages.js';

/** A real PostgreSQL server of this test run, on a loopback port of its own. */
export interface TestPostgres {
  readonly url: string;
  readonly port: number;
  /** The folder with its data. */
  readonly folder: string;
  /** Stops it as soon as it can, and starts it again on the same data. */
  restart(): Promise<void>;
  /** Ends its first process at once, as `kill -9` does; the others find out by themselves. */
  kill(): void;
  /** Starts it again after it was killed, as soon as nothing of it is left. */
  revive(): Promise<void>;
  /** Stops it for good; its data is gone. */
  stop(): Promise<void>;
}

/**
 * Starts a server in a temporary folder, or in a new one below another. Also works as root: it then runs as the user
 * `postgres`.
 */
export async function startPostgres(
  flags: readonly string[] = ['-c', 'fsync=off'],
  { below = sharedTmpdir(), initdbFlags = [] }: { below?: string; initdbFlags?: readonly string[] } = {},
): Promise<TestPostgres> {
  const port = await freePort();
  const databaseDir = join(below, `maestro-test-${process.pid}-${port}`);
  const log: string[] = [];
  const EmbeddedPostgres = await serverClass();
  const server = new EmbeddedPostgres({
    databaseDir,
    port,
    user: 'postgres',
    password: 'postgres',
    persistent: true,
    createPostgresUser: userInfo().uid === 0,
    // Thousands of connections are made, and with as many rounds as a real password deserves each would cost twice as much.
    initdbFlags: ['--encoding=UTF8', '--locale=C', '--set=scram_iterations=1', ...initdbFlags],
    postgresFlags: [
      '-c',
      'listen_addresses=127.0.0.1',
      '-c',
      'max_connections=200',
      '-c',
      'unix_socket_directories=',
      ...flags,
    ],
    onLog: (message) => log.push(String(message)),
    onError: (message) => log.push(String(message)),
  });
  try {
    await server.initialise();
    await server.start();
  } catch (error) {
    throw new Error(`PostgreSQL did not start:\n${log.join('\n')}`, { cause: error });
  }
  const url = `postgres://postgres:postgres@127.0.0.1:${port}/postgres`;
  // stop() never resolves when the server is already gone.
  const stopped = async () => {
    const waiting = new AbortController();
    const patience = delay(10_000, undefined, { signal: waiting.signal }).catch(() => {});
    await Promise.race([server.stop(), patience]);
    waiting.abort();
  };
  return {
    url,
    port,
    folder: databaseDir,
    restart: async () => {
      await stopped();
      // start() waits for words that a standby does not say.
      const starting = server.start().catch(() => {
        throw new Error(`PostgreSQL did not start again:\n${log.slice(-20).join('\n')}`);
      });
      const enough = new AbortController();
      await Promise.race([starting, answering(url, enough.signal)]).finally(() => enough.abort());
    },
    kill: () => {
      process.kill(Number.parseInt(readFileSync(join(databaseDir, 'postmaster.pid'), 'utf8'), 10), 'SIGKILL');
    },
    revive: async () => {
      // As long as a backend is left, the memory that all of them share is in use, and the server refuses to start.
      for (let tries = 0; tries < 600; tries += 1)
        try {
          return await server.start();
        } catch {
          await delay(50);
        }
      throw new Error(`PostgreSQL did not start again:\n${log.slice(-20).join('\n')}`);
    },
    stop: async () => {
      await stopped();
      rmSync(databaseDir, { recursive: true, force: true });
    },
  };
}

/** Waits until a server takes connections, or nobody wants to know any more. */
async function answering(connectionString: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const client = new pg.Client({ connectionString });
    client.on('error', () => {});
    try {
      await client.connect();
      return await client.end();
    } catch {
      await delay(50);
    }
  }
}

/** A loopback port that nobody listens on. */
export async function freePort(): Promise<number> {
  return await new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() =>
        typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}
