import type { MaestroError } from '../../errors.js';
import { driverMessage, sqlState } from '../driver/driver-error.js';
import { LoginRefusedError } from '../errors.js';

/**
 * SQL states for an unknown setting, a value that it does not take, a setting that cannot be changed, and invalid
 * options.
 */
const STATES = new Set(['42704', '22023', '55P02', '42601', '42602', '22P02']);

/**
 * The error for a login that the server refused because of a setting of the session; `undefined` for any other error.
 * Only for errors that came before the first statement.
 */
export function refusedSetting(error: unknown): MaestroError | undefined {
  const state = sqlState(error);
  if (state === undefined || !STATES.has(state)) return undefined;
  const message = driverMessage(error);
  return new LoginRefusedError(`The server refused a setting of the session: ${message}.`, {
    hint: 'It comes from `options` in the URL, from PGOPTIONS, or from the role or the database (ALTER ROLE … SET, ALTER DATABASE … SET): correct it there.',
    cause: error,
  });
}
