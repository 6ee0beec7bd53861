import test from 'ava';
import { type ExitCode, exitCodeFor } from '../../../src/cli/exit-codes.js';
import type { ErrorCode } from '../../../src/errors.js';
import { isTransient, storeError } from '../../../src/store/failures/database-errors.js';

/** The driver's error for an answer of the server: words, and the facts that are not translated. */
function answer(message: string, facts: { code: string; routine?: string; severity?: string }): Error {
  return Object.assign(new Error(message), { severity: 'ERROR', ...facts });
}

type Case = [what: string, error: Error, code: ErrorCode, passing: boolean, exit: ExitCode, hint: RegExp];

const CASES: Case[] = [
  [
    'a standby that cancels a query',
    answer('canceling statement due to conflict with recovery', {
      code: '40001',
      routine: 'ProcessRecoveryConflictInterrupt',
    }),
    ...(['MAESTRO_TIMEOUT', true, 4, /max_standby_streaming_delay.*primary/] as const),
  ],
  [
    'a standby that cancels a query, in another language',
    answer('Anfrage wird storniert wegen Konflikt mit der Wiederherstellung', {
      code: '40001',
      routine: 'ProcessInterrupts',
    }),
    ...(['MAESTRO_TIMEOUT', true, 4, /standby/] as const),
  ],
  [
    'a standby that ends a session',
    answer('terminating connection due to conflict with recovery', { code: '57P01', severity: 'FATAL' }),
    ...(['MAESTRO_CONNECTION_LOST', true, 4, /Try again/] as const),
  ],
  [
    'a session that was idle for too long inside a transaction',
    answer('terminating connection due to idle-in-transaction timeout', { code: '25P03', severity: 'FATAL' }),
    ...(['MAESTRO_CONNECTION_LOST', true, 4, /Raise the timeout.*idle/] as const),
  ],
  [
    'a transaction whose first error was passed over',
    answer('current transaction is aborted', { code: '25P02' }),
    ...(['MAESTRO_DATABASE', false, 5, /earlier statement/] as const),
  ],
  [
    'a server that demands encryption',
    answer('no pg_hba.conf entry for host "1.2.3.4", user "ada", database "bank", no encryption', { code: '28000' }),
    ...(['MAESTRO_LOGIN_REFUSED', false, 4, /sslmode=require/] as const),
  ],
  [
    'a server in another language without a line for this host',
    answer('kein pg_hba.conf-Eintrag für Host „1.2.3.4“, Benutzer „ada“, Datenbank „bank“, SSL-Verschlüsselung', {
      code: '28000',
    }),
    ...(['MAESTRO_LOGIN_REFUSED', false, 4, /no line for this host.* If the connection is not encrypted/] as const),
  ],
  [
    'a server that asks for a password of which the driver has none',
    new Error('SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string'),
    ...(['MAESTRO_LOGIN_REFUSED', false, 4, /PGPASSWORD/] as const),
  ],
  [
    'a server that has all its connections',
    answer('sorry, too many clients already', { code: '53300', severity: 'FATAL' }),
    ...(['MAESTRO_UNREACHABLE', true, 4, /connections .* are taken\..*max_connections/] as const),
  ],
  [
    'a server that starts',
    answer('the database system is starting up', { code: '57P03', severity: 'FATAL' }),
    ...(['MAESTRO_UNREACHABLE', true, 4, /Try again in a moment/] as const),
  ],
  [
    'a server that stops',
    answer('the database system is shutting down', { code: '57P03', severity: 'FATAL' }),
    ...(['MAESTRO_UNREACHABLE', true, 4, /Try again in a moment/] as const),
  ],
  ...['42703', '42804', '42883', '42P10', '23502'].map((code): Case => [
    `tables of another shape (${code})`,
    answer('another shape', { code }),
    ...(['MAESTRO_DATABASE', false, 5, /`maestro migrate status`.*`maestro doctor`/] as const),
  ]),
];

for (const [what, error, code, passing, exit, hint] of CASES)
  test(`${what}: ${code}, ${passing ? 'which passes' : 'which stays'}`, (t) => {
    const meaning = storeError(error);
    t.is(meaning.code, code);
    t.is(isTransient(meaning), passing);
    t.is(exitCodeFor(meaning), exit);
    t.regex(meaning.hint ?? '', hint);
    t.is(meaning.cause, error);
  });
