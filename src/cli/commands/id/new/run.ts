import { Clock } from '../../../../hlc/clock.js';
import type { Session } from '../../../session.js';
import { printId } from '../print-id.js';

/** Makes an id, and shows it. */
export async function run(_options: object, session: Session): Promise<void> {
  await printId(new Clock().now(), session);
}
