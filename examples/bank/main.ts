import {
  AlreadyTakenError,
  migrate,
  openAggregates,
  openDatabase,
  type ProjectionWorker,
  ProjectionError,
  type Result,
  runProjections,
  Timestamp,
} from 'maestro-store';
import { BankAccount, euros } from './account.js';
import { migrateBank } from './migrations.js';
import { stageOf, transfer, transfers } from './transfer.js';

// The server that DATABASE_URL names, or else a PostgreSQL of our own: said here, because it is never taken by accident.
const url = process.env['DATABASE_URL'];
const database = await openDatabase(url === undefined ? { dataDir: '.maestro/data' } : { url });
const accounts = openAggregates(BankAccount, { store: database.store });
try {
  await migrate(database.knex);
  await migrateBank(database.knex);
  await runBank();
} finally {
  await database.close();
}

async function runBank(): Promise<void> {
  const stop = new AbortController();
  const worker = startWorker(stop.signal);
  await worker.caughtUp();
  await closeAccountsOf('Ada', 'Grace', 'Alan');
  const ada = await openAccount('Ada', 100_00);
  const grace = await openAccount('Grace', 0);
  const alan = await openAccount('Alan', 0);
  console.log('Ada, Grace and Alan have opened accounts.');

  const isTaken = await openAccount('Ada', 0).then(() => false, isTakenName);
  console.log(`Another Ada cannot: ${isTaken ? 'the name is taken' : 'nobody knows why'}.`);

  /** Sends money of Ada, and waits until it has arrived or come back. */
  const send = async (to: Timestamp, amount: number) => {
    const sent = await transfer(accounts, { from: ada, to, amount });
    if (!sent.ok) return `refused, ${sent.error}`;
    await worker.caughtUp();
    return await stageOf(database.store, ada, sent.value);
  };
  console.log('Ada sends Grace 30.00 €:', await send(grace, 30_00));
  console.log('Ada sends Grace 90.00 €:', await send(grace, 90_00));
  accepted(await accounts.evaluate(alan, { type: 'close' }));
  console.log('Alan closes his account.');
  console.log('Ada sends Alan 20.00 €:', await send(alan, 20_00));

  // A transfer is begun, and nobody is there to finish it.
  stop.abort();
  await worker.stopped;
  const sent = accepted(await transfer(accounts, { from: ada, to: grace, amount: 5_00 }));
  console.log('Ada sends Grace 5.00 €: a crash in the middle');
  await untilFinished();
  console.log('Resumed:', await stageOf(database.store, ada, sent));

  console.log('Ada has', euros((await accounts.fetch(ada)).balance));
  console.log('Grace has', euros((await accounts.fetch(grace)).balance));
  console.log('After the second event of her account, Ada had', euros((await accounts.replay(ada, 2)).balance));
  console.log(`\nnpx maestro replay ${ada.hex} --config examples/bank/maestro.config.ts`);
}

/** Starts a worker, as other processes of the bank would do at the same time. */
function startWorker(signal: AbortSignal): ProjectionWorker {
  return runProjections(database, [transfers(accounts)], { signal, onError: console.error });
}

/** Runs another worker until all transfers are finished. */
async function untilFinished(): Promise<void> {
  const stop = new AbortController();
  const worker = startWorker(stop.signal);
  await worker.caughtUp();
  stop.abort();
  await worker.stopped;
}

async function openAccount(name: string, amount: number): Promise<Timestamp> {
  const id = accounts.create();
  accepted(await accounts.evaluate(id, { type: 'open', data: { name } }));
  if (amount > 0) accepted(await accounts.evaluate(id, { type: 'deposit', data: { amount } }));
  return id;
}

/** Frees names that an earlier run has left taken. */
async function closeAccountsOf(...names: string[]): Promise<void> {
  const rows = await database.knex<{ account_id: Buffer }>('account_names').whereIn('name', names).select();
  for (const id of rows.map((row) => Timestamp.decode(row.account_id))) {
    const { balance: amount } = await accounts.fetch(id);
    if (amount > 0) accepted(await accounts.evaluate(id, { type: 'withdraw', data: { amount } }));
    accepted(await accounts.evaluate(id, { type: 'close' }));
  }
}

/** True for the error of a name that somebody has; throws any other. */
function isTakenName(error: unknown): true {
  if (error instanceof ProjectionError && error.cause instanceof AlreadyTakenError) return true;
  throw error;
}

/** The value of a command that cannot be refused here; throws when it was. */
function accepted<Value>(result: Result<Value, string>): Value {
  if (!result.ok) throw new Error(`Refused: ${result.error}`);
  return result.value;
}
