import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isFull } from '../figures.js';
import { type Pooler, SERVER_CONNECTIONS } from './pooler-port.js';
import { startPoolerStandIn } from './pooler-stand-in.js';
import { freePort } from '../../../scripts/support/postgres.js';

/**
 * The poolers to test with, by name: PgBouncer where there is one (`MAESTRO_PGBOUNCER`, or on the PATH), else a stand-in
 * that hands every transaction to the next server connection, as PgBouncer does; both when full figures are wanted. They
 * keep no prepared statements, as PgBouncer before 1.21 and ever since with max_prepared_statements = 0.
 */
export function poolers(): Readonly<Record<string, (serverUrl: string) => Promise<Pooler>>> {
  const binary = pgBouncer();
  const standIn = { 'the stand-in for PgBouncer': startPoolerStandIn };
  if (binary === undefined) return standIn;
  const version = /[\d.]+/.exec(execFileSync(binary, ['--version'], { encoding: 'utf8' }))?.[0] ?? '';
  const name = `PgBouncer ${version}`;
  return { [name]: (url) => startPgBouncer(binary, name, url), ...(isFull ? standIn : {}) };
}

/** Debian puts it where only root looks. */
function pgBouncer(): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];
  const named = process.env['MAESTRO_PGBOUNCER'];
  return (named === undefined ? folders.map((folder) => join(folder, 'pgbouncer')) : [named]).find((file) => {
    try {
      accessSync(file, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

async function startPgBouncer(binary: string, name: string, serverUrl: string): Promise<Pooler> {
  const { hostname, port: serverPort, username, password } = new URL(serverUrl);
  const folder = mkdtempSync(join(tmpdir(), 'maestro-test-'));
  const port = await freePort();
  const [, minor = 0] = /1\.(\d+)/.exec(name) ?? [];
  const file = join(folder, 'pgbouncer.ini');
  writeFileSync(
    file,
    `[databases]
* = host=${hostname} port=${serverPort} user=${username} password=${password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = ${SERVER_CONNECTIONS}
server_round_robin = 1
max_client_conn = 1000
${Number(minor) >= 21 ? 'max_prepared_statements = 0' : ''}
`,
  );
  // It refuses to run as root.
  const user = userInfo().uid === 0 ? ['-u', 'postgres'] : [];
  const child = spawn(binary, [...user, file], { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (log += text));
  const gone = once(child, 'close');
  while (!log.includes('process up')) {
    if (child.exitCode !== null) throw new Error(`PgBouncer did not start:\n${log}`);
    await delay(10);
  }
  return {
    name,
    port,
    close: async () => {
      child.kill('SIGTERM');
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
