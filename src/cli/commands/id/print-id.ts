import type { Timestamp } from '../../../hlc/timestamp.js';
import { clockFacts, clockJson } from '../../output/clock-facts.js';
import { printFacts } from '../../output/print-facts.js';
import type { Invocation } from '../../invocation.js';

/** Prints an id in all its forms, with its time, counter and node. */
export async function printId(value: Timestamp, { output }: Invocation): Promise<void> {
  const { hex } = value;
  const uuid = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  await printFacts(output, {
    ids: [hex],
    json: { aggregateId: hex, timestamp: value, uuid, ...clockJson(value) },
    facts: [['id', hex], ['timestamp', value.toString()], ['uuid', uuid], ...clockFacts(value)],
  });
}
