import type { EventLog } from '../log/event-log.js';
import { select } from '../log/select.js';
import { type Finding, finding, fine } from './finding.js';

/** A setting, with the values that lose acknowledged commits or do other harm. */
interface Rule {
  readonly name: string;
  readonly isBad: (value: string) => boolean;
  readonly status: 'note' | 'warning' | 'failure';
  readonly why: string;
  readonly remedy: string;
}

const isOff = (value: string) => value === 'off';
const isSet = (value: string) => value !== '0';

const DURABILITY: readonly Rule[] = [
  {
    name: 'fsync',
    isBad: isOff,
    status: 'failure',
    why: 'a crash of the machine can lose or damage everything',
    remedy: 'Set fsync = on.',
  },
  {
    name: 'full_page_writes',
    isBad: isOff,
    status: 'failure',
    why: 'a crash during a write can damage pages',
    remedy: 'Set full_page_writes = on, unless the file system prevents torn pages.',
  },
  {
    name: 'synchronous_commit',
    isBad: isOff,
    status: 'warning',
    why: 'a crash can lose the commits of the last moment, although they were acknowledged',
    remedy: 'Set synchronous_commit = on for the database or role that writes events.',
  },
];

const OTHERS: readonly Rule[] = [
  {
    name: 'server_encoding',
    isBad: (value) => value !== 'UTF8',
    status: 'failure',
    why: 'characters outside of it cannot be stored',
    remedy: 'Create the database with ENCODING UTF8.',
  },
  {
    name: 'autovacuum',
    isBad: isOff,
    status: 'warning',
    why: 'queries are planned with old statistics, and index-only scans stop working',
    remedy: 'Set autovacuum = on.',
  },
  {
    name: 'idle_in_transaction_session_timeout',
    isBad: isSet,
    status: 'note',
    why: 'a projection that takes longer loses its connection',
    remedy: 'Keep projections short.',
  },
  {
    name: 'statement_timeout',
    isBad: isSet,
    status: 'note',
    why: 'commands that read the whole log (stats, verify, export) may be ended',
    remedy: 'Give maestro a role with ALTER ROLE … SET statement_timeout = 0.',
  },
];

/** Checks settings with which acknowledged commits can be lost. */
export async function checkDurability(log: EventLog): Promise<Finding[]> {
  return await findings(log, DURABILITY, fine('durability', 'acknowledged commits are on the disk'));
}

/** Checks other settings that can do harm. */
export async function checkSettings(log: EventLog): Promise<Finding[]> {
  return await findings(log, OTHERS, fine('settings', 'no harmful ones'));
}

async function findings(log: EventLog, rules: readonly Rule[], good: Finding): Promise<Finding[]> {
  // Settings of this session, such as a timeout, do not hold for others.
  const sql = `SELECT name, setting FROM pg_settings
WHERE source <> 'client' AND name IN (${rules.map(() => '?').join(', ')})`;
  const settings = new Map(
    await select<[string, string]>(
      log,
      sql,
      rules.map(({ name }) => name),
    ),
  );
  const found = rules.flatMap(({ name, isBad, status, why, remedy }) => {
    const value = settings.get(name);
    return value !== undefined && isBad(value) ? [finding(name, status, `${value}: ${why}`, remedy)] : [];
  });
  return found.length === 0 ? [good] : found;
}
