import type { Timestamp } from '../../../../hlc/timestamp.js';
import type { Session } from '../../../session.js';
import { printId } from '../print-id.js';

/** Shows what an id is made of. */
export async function run(id: Timestamp, _options: object, session: Session): Promise<void> {
  await printId(id, session);
}
