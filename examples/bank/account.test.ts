import test from 'node:test';
import { scenario } from 'maestro-store/testing';
import { BankAccount } from './account.js';

// An account of Ada with 100.00 €. Each test goes on from here and leaves it as it is.
const account = scenario(BankAccount).given(
  { type: 'account_opened', body: { name: 'Ada' } },
  { type: 'money_deposited', body: { amount: 100_00 } },
);
const sent = { transfer: 't1', to: 'grace', amount: 30_00 };

test('an account is opened once, with a name', () => {
  scenario(BankAccount)
    .when({ type: 'open', data: { name: '' } })
    .thenRejected('invalid_name')
    .when({ type: 'open', data: { name: 'Ada' } })
    .then({ type: 'account_opened', body: { name: 'Ada' } })
    .when({ type: 'open', data: { name: 'Ada' } })
    .thenRejected('opened_before');
});

test('an account pays what it has, and no more', () => {
  account
    .when({ type: 'withdraw', data: { amount: 100_01 } })
    .thenRejected('not_enough_money')
    .when({ type: 'withdraw', data: { amount: 0.5 } })
    .thenRejected('invalid_amount')
    .when({ type: 'withdraw', data: { amount: 100_00 } })
    .then({ type: 'money_withdrawn', body: { amount: 100_00 } })
    .thenState({ name: 'Ada', isOpen: true, balance: 0, underWay: [], seen: [] });
});

test('an account with money on it, or under way, is not closed; a closed one stays closed', () => {
  account
    .when({ type: 'close' })
    .thenRejected('not_empty')
    .given({ type: 'money_withdrawn', body: { amount: 70_00 } }, { type: 'money_sent', body: sent })
    .when({ type: 'close' })
    .thenRejected('not_empty')
    .given({ type: 'transfer_settled', body: sent })
    .when({ type: 'close' })
    .then({ type: 'account_closed', body: { name: 'Ada' } })
    .when({ type: 'deposit', data: { amount: 1 } })
    .thenRejected('not_open')
    .when({ type: 'open', data: { name: 'Ada' } })
    .thenRejected('opened_before');
});

test('a step of a transfer that is taken again has no event', () => {
  account
    .when({ type: 'sendMoney', data: sent })
    .then({ type: 'money_sent', body: sent })
    .when({ type: 'sendMoney', data: sent })
    .thenNothing()
    .when({ type: 'refundTransfer', data: sent })
    .then({ type: 'money_refunded', body: sent })
    .thenState({ ...account.state, seen: ['t1'] })
    .when({ type: 'refundTransfer', data: sent })
    .thenNothing()
    .when({ type: 'settleTransfer', data: sent })
    .thenNothing();
});

test('nobody sends money to himself', () => {
  const itself = account.when({ type: 'deposit', data: { amount: 1 } }).events[0]?.aggregateId.hex ?? '';
  account.when({ type: 'sendMoney', data: { ...sent, to: itself } }).thenRejected('same_account');
});

test('a deposit from the time when the bank counted in euros is one in cents', () => {
  account
    .givenStored({ type: 'money_deposited', body: { sum: 0.29 } })
    .thenState({ ...account.state, balance: 100_29 });
});
