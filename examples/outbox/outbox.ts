import { defineSubscription } from 'maestro-store';
import { BankAccount } from '../bank/account.js';

/** Longest wait for an answer, in milliseconds. */
const PATIENCE = 10_000;

/**
 * Sends every event of the bank's accounts to an address, those of an account one after the other. Whoever listens there gets
 * an event again when its answer was lost, under the same `Idempotency-Key`.
 */
export function outbox(address: string) {
  return defineSubscription({
    name: 'outbox',
    from: [BankAccount],
    startAt: 'beginning',
    handle: async ({ aggregateId, sequence, type, timestamp, body }, { idempotencyKey, signal }) => {
      const answer = await fetch(address, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': idempotencyKey },
        body: JSON.stringify({ account: aggregateId.hex, sequence, type, at: timestamp.toString(), body }),
        signal: AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]),
      });
      await answer.body?.cancel();
      // What is thrown here has the event sent again, after a second, then after two, four, …
      if (!answer.ok) throw new Error(`${address} answered ${answer.status}.`);
    },
  });
}
