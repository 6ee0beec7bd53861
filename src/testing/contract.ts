import { commitPromises } from './contract-commits.js';
import { commandPromises } from './contract-commands.js';
import { readPromises } from './contract-reads.js';
import { snapshotPromises } from './contract-snapshots.js';
import { valuePromises } from './contract-values.js';
import type { Store } from '../store/store.js';

/** The argument that the runner passes to a test: with AVA its `t`, whose `pass` counts as an assertion. */
export interface ContractExecution {
  pass?(): unknown;
}

/** The test function of AVA, `node:test`, Vitest, Jest or any other runner that takes a title and an async function. */
export type ContractTest = (title: string, run: (execution: ContractExecution) => Promise<void>) => unknown;

/**
 * Registers the promises of {@link Store} as tests. Every store that ships with Maestro passes them all, and so should
 * an adapter of your own:
 *
 * ```ts
 * import test from 'ava';
 * import { storeContract } from 'maestro-store/testing';
 *
 * storeContract(test, () => new MyStore());
 * ```
 *
 * @param test - Registers a test. Each uses aggregates of its own, so they can share a database and run side by side.
 * @param createStore - Returns the store to test; called once for every test.
 */
export function storeContract(test: ContractTest, createStore: () => Store | Promise<Store>): void {
  const promise = (title: string, run: (store: Store) => Promise<void>) =>
    test(`store contract: ${title}`, async (execution) => {
      await run(await createStore());
      execution?.pass?.();
    });

  commitPromises(promise);
  commandPromises(promise);
  readPromises(promise);
  valuePromises(promise);
  snapshotPromises(promise);
}
