import test from 'ava';
import { defineAggregate } from '../../src/aggregate/definition/define-aggregate.js';
import type { Ownership } from '../../src/aggregate/definition/definition.js';
import { definitionNamed, definitionOwning } from '../../src/folding/choose-definition.js';
import { SeveralOwnersError, UnknownDefinitionError } from '../../src/folding/errors.js';
import { anId } from '../support/data/factories.js';

const aDefinition = (name: string, owns: Ownership<'opened'>) =>
  defineAggregate({ name, initialState: () => ({}), commands: {}, events: { opened: (state) => state }, owns });

const account = aDefinition('account', { firstEvents: ['opened'] });
const customer = aDefinition('customer', { ids: () => true });

test('a definition is found by its name; an unknown one is told with those that there are', (t) => {
  t.is(definitionNamed([account, customer], 'customer'), customer);
  const error = t.throws(() => definitionNamed([account, customer], 'acount'), { instanceOf: UnknownDefinitionError });
  t.is(error.message, 'No aggregate "acount" is configured.');
  t.is(error.hint, 'Did you mean account? The configured aggregates are account, customer.');
  t.is(t.throws(() => definitionNamed([], 'account'), { instanceOf: UnknownDefinitionError }).hint, undefined);
});

test('the one definition that owns an aggregate is found by its id or its first event, and several are refused', async (t) => {
  const id = anId();
  t.is(await definitionOwning([account], id, async () => 'opened'), account);
  t.is(await definitionOwning([account], id, async () => 'moved'), undefined);
  t.is(await definitionOwning([account, customer], id, async () => undefined), customer);
  t.is(await definitionOwning([], id, async () => void t.fail()), undefined);
  const error = await t.throwsAsync(
    definitionOwning([account, customer], id, async () => 'opened'),
    { instanceOf: SeveralOwnersError },
  );
  t.is(error.message, `${id.hex} belongs to several configured definitions: account, customer.`);
  t.deepEqual(error.owners, ['account', 'customer']);
});
