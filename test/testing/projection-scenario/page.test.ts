import { runInThisContext } from 'node:vm';
import test from 'ava';
import { transform } from 'esbuild';
import { Clock, defineProjection } from 'maestro-store';
import { projectionScenario } from 'maestro-store/testing';
import { BankAccount } from '../../../examples/bank/account.js';
import { blocksOf } from '../../support/pages/pages.js';
import { useEmbeddedDatabase, useTestDatabase } from '../../support/database.js';

const server = useTestDatabase(test, { migrated: false });
const embedded = useEmbeddedDatabase(test);

test('the projection of the page on read models passes the test of the page, on a server and embedded', async (t) => {
  const samples = blocksOf('docs/read-models.md').filter(({ lines }) =>
    lines.some((line) => /^export const owners|^await projectionScenario/.test(line)),
  );
  t.is(samples.length, 2);
  const lines = samples.flatMap((block) => block.lines).filter((line) => !line.startsWith('import '));
  const source = `async function sample() {${lines.join('\n').replace('export const', 'const')}}`;
  const { code } = await transform(source, { loader: 'ts' });
  for (const database of [server, embedded.get()]) {
    const around = { Account: BankAccount, Clock, database, defineProjection, projectionScenario };
    const run = runInThisContext(`((${Object.keys(around).join(', ')}) => {${code}\nreturn sample();})`) as (
      ...values: unknown[]
    ) => Promise<void>;
    await run(...Object.values(around));
  }
});
