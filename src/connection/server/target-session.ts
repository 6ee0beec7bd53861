import type { TargetSession } from '../address/server-address.js';

/** Asks a server what it is. */
export const SESSION_FACTS =
  'SELECT pg_catalog.pg_is_in_recovery() AS "isStandby", pg_catalog.current_setting(\'default_transaction_read_only\') AS "readOnly"';

/** Facts that a server tells of itself. */
export interface SessionFacts {
  readonly isStandby: boolean;
  readonly readOnly: string;
}

/**
 * Why a server is not the one that is meant; `undefined` when it is. A session that is read-only because Maestro itself
 * asked for that (`madeReadOnly`) still tells a primary server by whether it is one.
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
