import { defineAggregate } from '../../src/aggregate/definition/define-aggregate.js';
import type { NewEvent } from '../../src/events.js';
import { Timestamp } from '../../src/hlc/timestamp.js';
import type { PostgresStore } from '../../src/store/postgres-store.js';

/** The state of an account; the balance is in cents. */
interface AccountState {
  readonly owner: string | null;
  readonly balance: number;
  readonly limits: { readonly daily: number };
}

/** An account of the bank that shows what pages show. */
export const Account = defineAggregate({
  name: 'account',
  initialState: (): AccountState => ({ owner: null, balance: 0, limits: { daily: 100_000 } }),
  commands: {},
  events: {
    account_opened: (state, { owner }: { owner: string }) => ({ ...state, owner }),
    money_deposited: (state, { amount }: { amount: number }) => ({ ...state, balance: state.balance + amount }),
    money_withdrawn: (state, { amount }: { amount: number }) => ({ ...state, balance: state.balance - amount }),
    limit_changed: (state, { daily }: { daily: number }) => ({ ...state, limits: { daily } }),
  },
  owns: { firstEvents: ['account_opened'] },
});

/** A bank in which one thing went wrong, and what somebody who looks for it would know or find. */
export interface SampleBank {
  /** The account whose balance is wrong since yesterday. */
  readonly account: Timestamp;
  /** Its owner, of whom there is no other. */
  readonly owner: string;
  /** The deposit that was entered a hundred times too high. */
  readonly wrong: NewEvent;
  /** The sequence of the last event of that account. */
  readonly last: number;
  /** Another account that had much to do yesterday. */
  readonly other: Timestamp;
}

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const FIRST_NAMES = ['Ada', 'Grace', 'Emmy', 'Sofia', 'Mary', 'Hedy', 'Maria', 'Rosa', 'Ida', 'Lise'];

/** Fills a log with ten days of a bank, the same for the same time. */
export async function fillWithBank(store: PostgresStore, now = Date.now(), accounts = 300): Promise<SampleBank> {
  const random = numbers(7);
  const bank: NewEvent[][] = Array.from({ length: accounts }, (_, index) => {
    const opened = now - (10 - (index % 3)) * DAY + Math.floor(random() * 8 * HOUR);
    const length = 6 + Math.floor(random() * (index % 10 === 0 ? 24 : 6));
    const step = (now - HOUR - opened) / length;
    const history = Array.from({ length }, (_, place) =>
      eventOf(index, place, opened + Math.floor((place + random() * 0.8) * step), random()),
    );
    return history.map((event) => ({ ...event, aggregateId: (history[0] as NewEvent).timestamp }));
  });
  const victim = bank[Math.floor(accounts / 2)] as NewEvent[];
  // Thirty hours ago, in the middle of its history.
  const place = victim.findIndex(({ timestamp }) => timestamp.time > now - 30 * HOUR);
  const wrong = { ...(victim[place] as NewEvent), type: 'money_deposited', body: { amount: 1_250_000, teller: 'T4' } };
  victim[place] = wrong;
  await store.commitEvents(bank.flat());
  const { aggregateId, body } = victim[0] as NewEvent;
  const { owner } = body as { owner: string };
  return {
    account: aggregateId,
    owner,
    wrong,
    last: victim.length,
    other: (bank[0] as NewEvent[])[0]?.aggregateId as Timestamp,
  };
}

function eventOf(account: number, place: number, time: number, chance: number): NewEvent {
  const timestamp = Timestamp.of({ time, counter: place, nodeId: BigInt(0x1000 + (account % 4)) });
  const event = { timestamp, aggregateId: timestamp, sequence: place + 1 };
  if (place === 0) {
    const owner = `${FIRST_NAMES[account % FIRST_NAMES.length]} ${account + 1}`;
    return { ...event, type: 'account_opened', body: { owner } };
  }
  const amount = 500 + Math.floor(chance * 200) * 50;
  if (place === 1 || chance > 0.45)
    return { ...event, type: 'money_deposited', body: { amount, teller: `T${account % 7}` } };
  if (chance < 0.05) return { ...event, type: 'limit_changed', body: { daily: amount * 10 } };
  return { ...event, type: 'money_withdrawn', body: { amount: Math.floor(amount / 4) } };
}

/** Numbers from 0 to below 1 that look like chance and are always the same. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
