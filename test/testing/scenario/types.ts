import type { CommittedEvent } from '../../../src/index.js';
import { type Decision, scenario, type Scenario } from '../../../src/testing/index.js';
import { Account } from './account.js';

/**
 * Types that the compiler must infer, and code that it must refuse: this file is compiled, never run. A line below
 * `@ts-expect-error` that compiles is an error too.
 */

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function same<Holds extends true>(_proof?: Holds): void {}

type Types = NonNullable<(typeof Account)['types']>;
const account = scenario(Account);

export function inferred(stored: readonly CommittedEvent[]): void {
  same<Equal<typeof account, Scenario<Types>>>();
  same<Equal<typeof account.state, { owner: string; cents: number; openedBy: string; openedIn: number }>>();
  account.given({ type: 'opened', body: { owner: 'Ada' }, metadata: { user: 'Ada' } });
  // The body of an event is what the schema takes, not what it makes of it.
  account.given({ type: 'deposited', body: { cents: '5' } }).givenStored(...stored);
  const decided = account.when({ type: 'withdraw', data: { cents: 5 } }, { metadata: {} });
  same<Equal<typeof decided, Decision<Types, 'withdraw'>>>();
  decided
    .then({ type: 'withdrawn', body: { cents: 5 } }, { type: 'deposited', body: { cents: 5 } })
    .thenState(account.state);
  decided.thenRejected('not_enough_money');
  account.when({ type: 'open', data: { owner: 'Ada' } }).thenRejected({ owner: 'Ada', isAnId: true });
  account.when({ type: 'open', data: { owner: 'Ada' } }).thenRejected('opened_before');
  for (const event of decided.events) if (event.type === 'withdrawn') event.body.cents.toFixed();
  decided.thenThrows('MAESTRO_HANDLER');
  decided.thenThrows('MINE');
  decided.thenThrows(RangeError);
  decided.thenThrows((error) => error === 1);
}

export function refused(): void {
  const decided = account.when({ type: 'withdraw', data: { cents: 5 } });

  // @ts-expect-error there is no such event
  account.given({ type: 'closed', body: {} });
  // @ts-expect-error the body is of another type
  account.given({ type: 'withdrawn', body: { cents: '5' } });
  // @ts-expect-error the body lacks a property
  account.given({ type: 'opened', body: {} });
  // @ts-expect-error the body is of an older shape, which is for givenStored
  account.given({ type: 'deposited', body: { euros: 5 } });
  // @ts-expect-error the body has a property too many
  account.given({ type: 'withdrawn', body: { cents: 5, euros: 0 } });
  // @ts-expect-error the metadata is an object
  account.given({ type: 'withdrawn', body: { cents: 5 }, metadata: 'Ada' });

  // @ts-expect-error there is no such command
  account.when({ type: 'close' });
  // @ts-expect-error the data is missing
  account.when({ type: 'withdraw' });
  // @ts-expect-error the data is of another type
  account.when({ type: 'withdraw', data: { cents: '5' } });
  // @ts-expect-error this command takes no data
  account.when({ type: 'empty', data: {} });

  // @ts-expect-error there is no such event
  decided.then({ type: 'closed', body: {} });
  // @ts-expect-error the body is of another type
  decided.then({ type: 'withdrawn', body: { cents: '5' } });
  // @ts-expect-error handlers know nothing of metadata
  decided.then({ type: 'withdrawn', body: { cents: 5 }, metadata: {} });
  // @ts-expect-error this is no reason that the handler gives
  decided.thenRejected('opened_before');
  // @ts-expect-error this command is never rejected
  account.when({ type: 'empty' }).thenRejected('not_enough_money');
  // @ts-expect-error the reason is not of this shape
  account.when({ type: 'open', data: { owner: 'Ada' } }).thenRejected({ owner: 'Ada' });
  // @ts-expect-error the state lacks properties
  account.thenState({ owner: 'Ada' });
  // @ts-expect-error nothing was asked yet
  account.then({ type: 'withdrawn', body: { cents: 5 } });
  // @ts-expect-error nothing was asked yet
  account.thenRejected('not_enough_money');
  // @ts-expect-error an id is a Timestamp
  scenario(Account, { id: '01' });
  // @ts-expect-error this is no definition
  scenario({ name: 'account' });
}
