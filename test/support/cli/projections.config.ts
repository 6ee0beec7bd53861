import { defineConfig, defineProjection, defineSubscription } from 'maestro-store';
import { BankAccount } from '../../../examples/bank/account.js';

const nothing = () => {};

/** The projections that the examples of the command line name. */
export default defineConfig({
  aggregates: [BankAccount],
  projections: [
    defineProjection({ name: 'owners', from: [BankAccount], project: nothing }),
    defineSubscription({ name: 'mails', from: [BankAccount], startAt: 'now', handle: nothing }),
  ],
});
