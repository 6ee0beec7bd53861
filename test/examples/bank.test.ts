import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { fc, testProp } from '@fast-check/ava';
import test, { type ExecutionContext } from 'ava';
import {
  AlreadyTakenError,
  openAggregates,
  PostgresStore,
  ProjectionError,
  runProjections,
  type Timestamp,
} from 'maestro-store';
import { BankAccount, type BankAccounts } from '../../examples/bank/account.js';
import { migrateBank } from '../../examples/bank/migrations.js';
import { stageOf, transfer, transfers } from '../../examples/bank/transfer.js';
import { QUICK_WASM, useProcesses } from '../support/children/processes.js';
import { runCli } from '../support/cli/cli.js';
import { testKnex, testUrl, useTemporaryFolder, useTestDatabase } from '../support/database.js';
import { rounds } from '../support/figures.js';

const folder = useTemporaryFolder(test);
const workers = useProcesses(test, 'example-child.ts');
const { schema } = useTestDatabase(test);
const knex = testKnex({ searchPath: [schema] });
test.before(() => migrateBank(knex));
test.after.always(() => knex.destroy());

/** At which of its commits a process dies: before it, or after it but before it hears that it has succeeded. */
interface Death {
  readonly commit: number;
  readonly answerLost: boolean;
}

class Crash extends Error {}

/** The store as it is for a process that dies. */
class DyingStore extends PostgresStore {
  #commits = 0;
  readonly #death: Death;

  constructor(death: Death) {
    super(knex, { schema });
    this.#death = death;
  }

  override async commitAll(...commit: Parameters<PostgresStore['commitAll']>) {
    return await this.#unlessDead(() => super.commitAll(...commit));
  }

  override async commitCommand(...commit: Parameters<PostgresStore['commitCommand']>) {
    return await this.#unlessDead(() => super.commitCommand(...commit));
  }

  async #unlessDead<Value>(commit: () => Promise<Value>): Promise<Value> {
    this.#commits += 1;
    const isLast = this.#commits === this.#death.commit;
    if (isLast && !this.#death.answerLost) throw new Crash();
    const result = await commit();
    if (isLast) throw new Crash();
    return result;
  }
}

/** A process of the bank, with a memory and a clock of its own. */
function aProcess(death?: Death): BankAccounts {
  const store = death === undefined ? new PostgresStore(knex, { schema }) : new DyingStore(death);
  return openAggregates(BankAccount, { store });
}

/** Opens an account with some money on it. */
async function anAccount(accounts: BankAccounts, amount: number): Promise<Timestamp> {
  const id = accounts.create();
  await accounts.evaluate(id, { type: 'open', data: { name: id.hex } });
  await accounts.evaluate(id, { type: 'deposit', data: { amount } });
  return id;
}

/** Takes all money out of an account and closes it, if nothing comes in between. */
async function leave(accounts: BankAccounts, id: Timestamp): Promise<void> {
  const { balance: amount } = await accounts.fetch(id);
  await accounts.evaluate(id, { type: 'withdraw', data: { amount } });
  await accounts.evaluate(id, { type: 'close' });
}

/** Runs a worker of a process until it has been through all transfers; gives the number of those that it failed at. */
async function runTransfers(accounts: BankAccounts): Promise<number> {
  const stop = new AbortController();
  const worker = runProjections({ knex, schema }, [transfers(accounts)], { signal: stop.signal });
  const { parked } = await worker.caughtUp();
  stop.abort();
  await worker.stopped;
  return parked;
}

/** Runs a worker that finishes all transfers, also those at which another one has failed. */
async function finishTransfers(t: ExecutionContext): Promise<void> {
  await knex
    .withSchema(schema)
    .table('maestro_parked')
    .update({ next_try: new Date(0) });
  t.is(await runTransfers(aProcess()), 0);
}

/** Asserts by the log that no money was lost, once the transfers between some accounts are finished. */
async function assertNothingLost(t: ExecutionContext, ids: readonly Timestamp[]): Promise<void> {
  await finishTransfers(t);
  const bank = aProcess();
  let money = 0;
  const stepsOf = new Map<string, string[]>();
  for (const id of ids) {
    const { balance, underWay } = await bank.fetch(id);
    t.true(balance >= 0);
    t.deepEqual(underWay, []);
    money += balance;
    for (const { type, body } of await new PostgresStore(knex, { schema }).getEvents(id, 1)) {
      if (type === 'money_deposited') money -= Number(body['amount']);
      if (type === 'money_withdrawn') money += Number(body['amount']);
      const { transfer } = body;
      if (typeof transfer === 'string') stepsOf.set(transfer, [...(stepsOf.get(transfer) ?? []), type].sort());
    }
  }
  t.is(money, 0, 'what was paid in and not paid out is on the accounts');
  for (const steps of stepsOf.values())
    t.deepEqual(
      steps,
      steps.includes('money_refunded')
        ? ['money_refunded', 'money_sent']
        : ['money_received', 'money_sent', 'transfer_settled'],
    );
}

test('the program prints what its README says, also the second time, and the command line shows its accounts', async (t) => {
  const example = (file: string) => fileURLToPath(new URL(`../../examples/bank/${file}`, import.meta.url));
  const [programBlock = '', replayBlock = ''] = [
    ...readFileSync(example('README.md'), 'utf8').matchAll(/^```console\n\$ ([\s\S]*?)^```/gm),
  ].map(([, block]) => block);
  const [, ...printed] = programBlock.split('\n');
  const env = { ...process.env, DATABASE_URL: undefined, MAESTRO_TEST_URL: undefined };
  const argv = [QUICK_WASM, '--import', import.meta.resolve('tsx'), example('main.ts')];
  const run = () => promisify(execFile)(process.execPath, argv, { cwd: folder, env });

  t.is(anonymous((await run()).stdout), anonymous(printed.join('\n')));
  const { stdout } = await run();
  t.is(anonymous(stdout), anonymous(printed.join('\n')));

  const [ada = ''] = /[0-9a-f]{32}/.exec(stdout) ?? [];
  const [command = '', ...replayed] = replayBlock.split('\n');
  const words = command
    .replace(/[0-9a-f]{32}/, ada)
    .replace('examples/bank/maestro.config.ts', example('maestro.config.ts'));
  const result = await runCli(words.split(' ').slice(2), { cwd: folder });
  t.is(result.code, 0, result.stderr);
  t.is(anonymous(result.stdout), anonymous(replayed.join('\n')));
});

/** A text without the ids and times, which are new in every run. */
function anonymous(text: string): string {
  return text.replace(/[0-9a-f]{32}/g, '<id>').replace(/\d{4}-\d\d-\d\dT\S+/g, '<time>');
}

const accountIndex = fc.nat({ max: 2 });
const death = fc.option(fc.record({ commit: fc.integer({ min: 1, max: 4 }), answerLost: fc.boolean() }), {
  nil: undefined,
});
const steps = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ from: accountIndex, to: accountIndex, amount: fc.integer({ min: 1, max: 120 }), death }),
    },
    { weight: 2, arbitrary: fc.record({ work: fc.constant(true), death }) },
    { weight: 1, arbitrary: fc.record({ leave: accountIndex }) },
  ),
  { minLength: 3, maxLength: 12 },
);

testProp(
  'whatever is transferred, and wherever processes crash, no money is lost and no transfer is applied twice',
  [steps],
  async (t, steps) => {
    const alive = [aProcess(), aProcess()] as const;
    const ids = await Promise.all([1, 2, 3].map(() => anAccount(alive[0], 100)));
    const idOf = (index: number) => ids[index] as Timestamp;
    for (const [index, step] of steps.entries()) {
      // The two that live know the accounts as they were when they last looked.
      const by =
        'death' in step && step.death !== undefined ? aProcess(step.death) : (alive[index % 2] as BankAccounts);
      try {
        if ('leave' in step) await leave(by, idOf(step.leave));
        else if ('work' in step) await runTransfers(by);
        else await transfer(by, { from: idOf(step.from), to: idOf(step.to), amount: step.amount });
      } catch (error) {
        if (!(error instanceof Crash)) throw error;
      }
    }
    await assertNothingLost(t, ids);
  },
  { numRuns: 12 },
);

test.serial('transfers in both directions, with several workers at the same time, lose nothing', async (t) => {
  const ada = await anAccount(aProcess(), 500);
  const grace = await anAccount(aProcess(), 500);
  const work = Array.from({ length: 4 }, async (_, index) => {
    const accounts = aProcess();
    const [from, to] = index % 2 === 0 ? [ada, grace] : [grace, ada];
    for (const amount of [10, 200, 30, 400])
      await Promise.all([transfer(accounts, { from, to, amount }), runTransfers(accounts)]);
  });
  await Promise.all(work);
  await assertNothingLost(t, [ada, grace]);
});

test.serial('transfers finish by themselves, wherever the workers are killed that are at it', async (t) => {
  const accounts = aProcess();
  const ids = await Promise.all([1, 2, 3].map(() => anAccount(accounts, 500)));
  const idOf = (index: number) => ids[index % ids.length] as Timestamp;
  let under = 0;
  const send = async () => {
    under += 1;
    await transfer(accounts, { from: idOf(under), to: idOf(under + 1), amount: 1 });
  };
  for (let round = 0; round < rounds(3, 40); round += 1) {
    for (let each = 0; each < 20; each += 1) await send();
    const worker = workers.start('bank', testUrl(), schema);
    const events = Math.floor(Math.random() * 15);
    for (let taken = 0; taken < events; taken += 1) await worker.line();
    await worker.kill();
  }
  await assertNothingLost(t, ids);
});

test.serial('money on its way to an account that is being closed either arrives or comes back', async (t) => {
  const ada = await anAccount(aProcess(), 500);
  const grace = await anAccount(aProcess(), 500);
  const [sender, closer] = [aProcess(), aProcess()];
  const sent: string[] = [];
  const send = async () => {
    const result = await transfer(sender, { from: ada, to: grace, amount: 1 });
    if (result.ok) sent.push(result.value);
  };
  const close = async () => {
    while ((await closer.fetch(grace)).isOpen) await leave(closer, grace);
  };
  await send();
  await runTransfers(sender);
  await Promise.all([close(), send(), send(), runTransfers(sender), send(), runTransfers(closer)]);
  await send();
  await assertNothingLost(t, [ada, grace]);
  const store = new PostgresStore(knex, { schema });
  t.is(await stageOf(store, ada, sent[0] as string), 'arrived');
  t.is(await stageOf(store, ada, sent.at(-1) as string), 'refunded');
});

test.serial('a step of a transfer that is taken again has no event', async (t) => {
  const [ada, grace] = [await anAccount(aProcess(), 100), await anAccount(aProcess(), 100)];
  const data = { transfer: aProcess().create().hex, amount: 100 };
  for (const expected of [1, 0]) {
    const accounts = aProcess();
    for (const [id, command] of [
      [ada, { type: 'sendMoney', data: { ...data, to: grace.hex } }],
      [grace, { type: 'receiveMoney', data: { ...data, from: ada.hex } }],
      [ada, { type: 'settleTransfer', data }],
    ] as const) {
      const result = await accounts.evaluate(id, command);
      t.is(result.ok && result.value.events.length, expected);
    }
  }
  const refund = await aProcess().evaluate(ada, { type: 'refundTransfer', data });
  t.is(refund.ok && refund.value.events.length, 0);
});

test.serial(
  'nothing is sent to an account that was never opened, and whoever does so all the same gets it back',
  async (t) => {
    const accounts = aProcess();
    const ada = await anAccount(accounts, 100);
    const nobody = accounts.create();
    t.deepEqual(await transfer(accounts, { from: ada, to: nobody, amount: 1 }), {
      ok: false,
      error: 'no_such_account',
    });
    await accounts.evaluate(ada, { type: 'sendMoney', data: { transfer: nobody.hex, to: nobody.hex, amount: 100 } });
    t.deepEqual(await accounts.evaluate(ada, { type: 'close' }), { ok: false, error: 'not_empty' });
    await finishTransfers(t);
    t.is((await accounts.fetch(ada)).balance, 100);
  },
);

test('of many processes that open accounts with one name exactly one succeeds', async (t) => {
  const name = aProcess().create().hex;
  const openings = Array.from({ length: 16 }, async () => {
    const accounts = aProcess();
    const id = accounts.create();
    return { id, isOpened: await tookName(accounts.evaluate(id, { type: 'open', data: { name } })) };
  });
  const opened = (await Promise.all(openings)).filter(({ isOpened }) => isOpened);
  t.is(opened.length, 1);
  t.deepEqual(await ownersOf([name]), [opened[0]?.id.hex]);
  for (const { id } of await Promise.all(openings))
    t.is((await aProcess().fetch(id)).name, id.hex === opened[0]?.id.hex ? name : null);
});

testProp(
  'a name belongs to the account that took it until that is renamed or closed for ever',
  [
    fc.array(fc.record({ account: fc.nat({ max: 2 }), name: fc.constantFrom('a', 'b', 'c', undefined) }), {
      maxLength: 15,
    }),
  ],
  async (t, steps) => {
    const accounts = aProcess();
    let ids = [1, 2, 3].map(() => accounts.create());
    const names = ['a', 'b', 'c'].map((name) => `${name} of ${ids[0]?.hex}`);
    const owners = new Map<string, Timestamp>();
    for (const { account, name: letter } of steps) {
      const id = ids[account] as Timestamp;
      const [current] = [...owners].find(([, owner]) => owner.equals(id)) ?? [];
      if (letter === undefined) {
        if (current === undefined) continue;
        t.true((await accounts.evaluate(id, { type: 'close' })).ok);
        const reopening = await accounts.evaluate(id, { type: 'open', data: { name: current } });
        t.deepEqual(reopening, { ok: false, error: 'opened_before' });
        owners.delete(current);
        ids = ids.with(account, accounts.create());
      } else {
        const name = names['abc'.indexOf(letter)] as string;
        const type = current === undefined ? 'open' : 'rename';
        const isFree = owners.get(name)?.equals(id) ?? true;
        t.is(await tookName(accounts.evaluate(id, { type, data: { name } })), isFree);
        if (!isFree) continue;
        owners.delete(current ?? '');
        owners.set(name, id);
      }
    }
    t.deepEqual(
      await ownersOf(names),
      names.flatMap((name) => owners.get(name)?.hex ?? []),
    );
    for (const [name, id] of owners) t.is((await accounts.fetch(id)).name, name);
  },
  { numRuns: 20 },
);

test('two accounts that take each other’s names at the same time are both refused', async (t) => {
  for (let round = 0; round < 10; round += 1) {
    const [ada, grace] = [await anAccount(aProcess(), 1), await anAccount(aProcess(), 1)];
    const rename = (id: Timestamp, { hex: name }: Timestamp) =>
      tookName(aProcess().evaluate(id, { type: 'rename', data: { name } }));
    t.deepEqual(await Promise.all([rename(ada, grace), rename(grace, ada)]), [false, false]);
  }
});

test('the tests of the examples’ own handlers pass, with the command that their page names', async (t) => {
  const page = readFileSync(fileURLToPath(new URL('../../examples/README.md', import.meta.url)), 'utf8');
  const files = /^npx tsx --test (.*)$/m.exec(page)?.[1]?.split(' ') ?? [];
  const argv = ['--import', import.meta.resolve('tsx'), '--test', ...files];
  const cwd = fileURLToPath(new URL('../..', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, argv, {
    cwd,
    env: { ...process.env, NODE_TEST_CONTEXT: undefined },
  });
  t.regex(stdout, /^. pass 9\n. fail 0$/m);
});

/** True when a command took its name; false when somebody else has it. */
async function tookName(evaluation: Promise<{ readonly ok: boolean }>): Promise<boolean> {
  try {
    return (await evaluation).ok;
  } catch (error) {
    if (error instanceof ProjectionError && error.cause instanceof AlreadyTakenError) return false;
    throw error;
  }
}

/** The accounts that have these names, in hex digits, as far as they are taken. */
async function ownersOf(names: readonly string[]): Promise<string[]> {
  const rows = await knex<{ account_id: Buffer }>('account_names').whereIn('name', names).orderBy('name').select();
  return rows.map(({ account_id }) => account_id.toString('hex'));
}
