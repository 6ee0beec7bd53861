import type { TargetSession } from '../address/server-address.js';

/** The query for {@link SessionFacts}. */
export const SESSION_FACTS =
  'SELECT pg_catalog.pg_is_in_recovery() AS "isStandby", pg_catalog.current_setting(\'default_transaction_read_only\') AS "readOnly"';

/** Facts of a session by which its kind of server is known. */
export interface SessionFacts {
  readonly isStandby: boolean;
  readonly readOnly: string;
}

/**
 * The reason why a server does not fit `target_session_attrs`; `undefined` when it fits. `madeReadOnly` says that Maestro
 * made the session read-only, so that this does not count against a primary server.
 */
export function mismatch(
  target: TargetSession,
  { isStandby, readOnly }: SessionFacts,
  madeReadOnly: boolean,
): string | undefined {
  const isReadOnly = isStandby || readOnly === 'on';
  switch (target) {
    case 'read-write':
      if (isStandby) return 'is a standby';
      return isReadOnly && !madeReadOnly ? 'makes sessions read-only' : undefined;
    case 'primary':
      return isStandby ? 'is a standby' : undefined;
    case 'read-only':
      return isReadOnly ? undefined : 'takes writes';
    case 'standby':
    case 'prefer-standby':
      return isStandby ? undefined : 'is a primary server';
    default:
      return undefined;
  }
}
