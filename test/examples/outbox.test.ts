import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import { openAggregates, PostgresStore, runProjections, type Timestamp } from 'maestro-store';
import { BankAccount } from '../../examples/bank/account.js';
import { migrateBank } from '../../examples/bank/migrations.js';
import { outbox } from '../../examples/outbox/outbox.js';
import { QUICK_WASM, useProcesses } from '../support/children/processes.js';
import { testKnex, testUrl, useTemporaryFolder, useTestDatabase } from '../support/database.js';
import { rounds } from '../support/figures.js';

const folder = useTemporaryFolder(test);
const workers = useProcesses(test, 'example-child.ts');
const { schema } = useTestDatabase(test);
const knex = testKnex({ searchPath: [schema] });
test.before(() => migrateBank(knex));
test.after.always(() => knex.destroy());

/** Somebody who receives events, and sometimes refuses one, or loses his answer. */
async function aReceiver(t: ExecutionContext) {
  const accepted = new Map<string, number>();
  const keys = new Set<unknown>();
  const complaints: string[] = [];
  let again = 0;
  let isReliable = false;
  const receive = async (request: IncomingMessage, response: ServerResponse) => {
    const { account, sequence } = (await json(request)) as { account: string; sequence: number };
    const luck = isReliable ? 1 : Math.random();
    if (luck < 0.02) return void response.writeHead(503).end();
    const last = accepted.get(account) ?? 0;
    const key = request.headers['idempotency-key'];
    if (key !== `outbox:${account}:${sequence}`) complaints.push(`event ${sequence} has the key ${String(key)}`);
    // Sent again is the last one only: the one after it is sent when that was answered.
    if (sequence !== last && sequence !== last + 1) complaints.push(`event ${sequence} came after ${last}`);
    if (keys.has(key)) again += 1;
    keys.add(key);
    accepted.set(account, Math.max(last, sequence));
    if (luck < 0.04) request.destroy();
    else response.end();
  };
  const server = createServer((request, response) => {
    receive(request, response).catch(() => {});
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    accepted,
    complaints,
    keys,
    again: () => again,
    becomeReliable: () => (isReliable = true),
  };
}

test('every event arrives, in order within an account, wherever the workers are killed that send', async (t) => {
  const receiver = await aReceiver(t);
  const accounts = openAggregates(BankAccount, { store: new PostgresStore(knex, { schema }) });
  const ids: Timestamp[] = [];
  for (let each = 0; each < 6; each += 1) {
    const id = accounts.create();
    await accounts.evaluate(id, { type: 'open', data: { name: id.hex } });
    ids.push(id);
  }
  for (let round = 0; round < rounds(4, 40); round += 1) {
    for (const id of ids)
      for (let each = 0; each < 5; each += 1) await accounts.evaluate(id, { type: 'deposit', data: { amount: 1 } });
    const worker = workers.start('outbox', testUrl(), schema, receiver.address);
    const events = Math.floor(Math.random() * 15);
    for (let taken = 0; taken < events; taken += 1) await worker.line();
    await worker.kill();
    await knex
      .withSchema(schema)
      .table('maestro_parked')
      .update({ next_try: new Date(0) });
  }
  receiver.becomeReliable();
  const stop = new AbortController();
  const worker = runProjections({ knex, schema }, [outbox(receiver.address)], { signal: stop.signal });
  t.deepEqual(await worker.caughtUp(), { parked: 0 });
  stop.abort();
  await worker.stopped;

  t.deepEqual(receiver.complaints, []);
  const sent = 1 + 5 * rounds(4, 40);
  for (const { hex } of ids) t.is(receiver.accepted.get(hex), sent);
  t.is(receiver.keys.size, ids.length * sent);
  t.log(`${receiver.keys.size} events, ${receiver.again()} of them more than once`);
});

test('the program prints what its README says', async (t) => {
  const example = (file: string) => fileURLToPath(new URL(`../../examples/outbox/${file}`, import.meta.url));
  const [, block = ''] = /^```console\n\$ ([\s\S]*?)^```/m.exec(readFileSync(example('README.md'), 'utf8')) ?? [];
  const [, ...printed] = block.split('\n');
  const env = { ...process.env, DATABASE_URL: undefined, MAESTRO_TEST_URL: undefined };
  const argv = [QUICK_WASM, '--import', import.meta.resolve('tsx'), example('main.ts')];
  const { stdout } = await promisify(execFile)(process.execPath, argv, { cwd: folder, env });
  const anonymous = (text: string) => text.replace(/[0-9a-f]{32}/g, '<id>');
  t.is(anonymous(stdout), anonymous(printed.join('\n')));
});
