import { Clock } from '../../../../hlc/clock.js';
import type { Invocation } from '../../../invocation.js';
import { printId } from '../print-id.js';

/** Makes an id, and shows it. */
export async function run(_options: object, invocation: Invocation): Promise<void> {
  await printId(new Clock().now(), invocation);
}
