import type { Timestamp } from '../../../../hlc/timestamp.js';
import type { Invocation } from '../../../invocation.js';
import { printId } from '../print-id.js';

/** Shows what an id is made of. */
export async function run(id: Timestamp, _options: object, invocation: Invocation): Promise<void> {
  await printId(id, invocation);
}
