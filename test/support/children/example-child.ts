import { argv } from 'node:process';
import { type AnyProjection, type Database, openAggregates, openDatabase, runProjections } from 'maestro-store';
import { BankAccount } from '../../../examples/bank/account.js';
import { transfers } from '../../../examples/bank/transfer.js';
import { outbox } from '../../../examples/outbox/outbox.js';

/** A worker of an example as a process of its own. Prints how many events it has taken in, line by line, until it is killed. */

const [, , example = '', url = '', schema = '', address = ''] = argv;

const definitions: Readonly<Record<string, (database: Database) => AnyProjection>> = {
  outbox: () => outbox(address),
  bank: ({ store }) => transfers(openAggregates(BankAccount, { store })),
};

const database = await openDatabase({ url, schema });
const definition = definitions[example]?.(database);
if (definition === undefined) throw new Error(`There is no example ${example}.`);
const onProgress = ({ taken }: { readonly taken: number }) => console.log(taken);
// A claim that a killed process has left is over soon.
await runProjections(database, [definition], { onProgress, onError: console.error, lease: 300 }).stopped;
