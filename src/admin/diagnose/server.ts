import type { EventLog } from '../log/event-log.js';
import { select } from '../log/select.js';
import { type Finding, finding, fine } from './finding.js';

/** The oldest version of PostgreSQL that is still maintained when this is written. */
const OLDEST_MAINTAINED = 140_000;
/** The oldest version that has all that is used here. */
const OLDEST_USABLE = 120_000;

/** Checks the version of the server. */
export async function checkVersion(log: EventLog): Promise<Finding> {
  const [row] = await select<[string, string]>(
    log,
    "SELECT current_setting('server_version'), current_setting('server_version_num')",
  );
  const [version = '', number = '0'] = row ?? [];
  if (Number(number) < OLDEST_USABLE)
    return finding('server version', 'failure', `PostgreSQL ${version}`, 'Upgrade to PostgreSQL 12 or later.');
  if (Number(number) < OLDEST_MAINTAINED)
    return finding('server version', 'warning', `PostgreSQL ${version}, no longer maintained`, 'Plan an upgrade.');
  return fine('server version', `PostgreSQL ${version}`);
}

/** Checks that the connection is encrypted. */
export async function checkEncryption(log: EventLog, isLocal: boolean | undefined): Promise<Finding> {
  const [row] = await select<[boolean, string | null, boolean]>(
    log,
    `SELECT ssl, version, coalesce(inet_client_addr() = inet_server_addr() OR inet_client_addr() <<= inet '127.0.0.0/8', true)
FROM pg_stat_ssl WHERE pid = pg_backend_pid()`,
  );
  if (row?.[0] === true) return fine('encryption', row[1] ?? 'TLS');
  if (isLocal ?? row?.[2]) return fine('encryption', 'none, on this machine');
  return finding(
    'encryption',
    'warning',
    'none: others on the network can read the password and the data',
    'Add sslmode=verify-full (or require) to the URL.',
  );
}

/** Checks that the server accepts writes. */
export async function checkWritable(log: EventLog): Promise<Finding> {
  const [row] = await select<[boolean, boolean]>(
    log,
    // This session is read-only itself, so read where the setting comes from: the most specific one holds for others.
    `SELECT pg_is_in_recovery(), coalesce((SELECT split_part(setting, '=', 2)::boolean
FROM pg_db_role_setting, unnest(setconfig) AS setting
WHERE setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
AND setrole IN (0, (SELECT oid FROM pg_roles WHERE rolname = session_user))
AND split_part(setting, '=', 1) = 'default_transaction_read_only' ORDER BY setrole <> 0 DESC, setdatabase <> 0 DESC LIMIT 1), false)`,
  );
  if (row?.[0] === true)
    return finding(
      'writable',
      'warning',
      'no: this is a standby',
      'Reading works. To write, connect to the primary server.',
    );
  if (row?.[1] === true)
    return finding(
      'writable',
      'warning',
      'no: default_transaction_read_only is set for this database or role',
      'Reading works. To write, ALTER DATABASE or ALTER ROLE … RESET default_transaction_read_only.',
    );
  return fine('writable', 'yes');
}

/** Checks that connections are left. */
export async function checkConnections(log: EventLog): Promise<Finding> {
  const [row] = await select<[number, number]>(
    log,
    `SELECT count(*)::integer, (current_setting('max_connections')::integer
- current_setting('superuser_reserved_connections')::integer) FROM pg_stat_activity
-- What kind others' connections are is hidden from most roles; that they are of a database is not.
WHERE datid IS NOT NULL AND coalesce(backend_type, 'client backend') = 'client backend'`,
  );
  const [used = 0, most = 0] = row ?? [];
  const found = `${used} of ${most} in use`;
  if (used < most * 0.8) return fine('connections', found);
  return finding(
    'connections',
    'warning',
    found,
    'Raise max_connections, make the pools smaller, or put PgBouncer in front.',
  );
}
