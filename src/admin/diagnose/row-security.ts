import type { EventLog } from '../log/event-log.js';
import { policiesText, rowSecurity } from '../log/row-security.js';
import { type Finding, finding } from './finding.js';

/**
 * Checks row-level security, table by table: does it hide rows from this role, or only from others? No finding where
 * there is none.
 */
export async function checkRowSecurity(log: EventLog): Promise<Finding[]> {
  return (await rowSecurity(log)).map(({ table, role, applies, isForced, policies }) => {
    const found = `${table} has row-level security (${policiesText(policies)})`;
    return applies
      ? finding(
          'row security',
          'failure',
          `${found}, which hides rows from ${role}; commands refuse to answer`,
          `Log in as another role that sees all rows, or ALTER ROLE ${role} BYPASSRLS.`,
        )
      : finding(
          'row security',
          'note',
          `${found}, which does not apply to ${role}`,
          `An application whose role ${isForced ? 'has no BYPASSRLS' : 'is not the owner and has no BYPASSRLS'} sees only a part of the log, without an error.`,
        );
  });
}
