import { commitPromises } from './contract-commits.js';
import { readPromises } from './contract-reads.js';
import { snapshotPromises } from './contract-snapshots.js';
import { valuePromises } from './contract-values.js';
import type { Store } from '../store/store.js';

/** What a test of the contract is given by the runner: with AVA, its `t`, which wants to hear that something passed. */
export interface ContractExecution {
  pass?(): unknown;
}

/** The test function of AVA, `node:test`, Vitest, Jest or any other runner that takes a title and an async function. */
export type ContractTest = (title: string, run: (execution: ContractExecution) => Promise<void>) => unknown;

/**
 * The promises of {@link Store} as tests. Every store that ships with Maestro passes them all, and so should an adapter
 * of your own:
 *
 * ```ts
 * import test from 'ava';
 * import { storeContract } from 'maestro-store/testing';
 *
 * storeContract(test, () => new MyStore());
 * ```
 *
 * @param test - Registers a test; each uses aggregates of its own, so they can share a database and run side by side.
 * @param createStore - Gives the store to test; called once for every test.
 */
export function storeContract(test: ContractTest, createStore: () => Store | Promise<Store>): void {
  const promise = (title: string, run: (store: Store) => Promise<void>) =>
    test(`store contract: ${title}`, async (execution) => {
      await run(await createStore());
      execution?.pass?.();
    });

  commitPromises(promise);
  readPromises(promise);
  valuePromises(promise);
  snapshotPromises(promise);
}
