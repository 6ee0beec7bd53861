import { runInThisContext } from 'node:vm';
import test from 'ava';
import { defineAggregate } from 'maestro-store';
import { scenario, ScenarioError } from 'maestro-store/testing';
import { transform } from 'esbuild';
import { BankAccount } from '../../../examples/bank/account.js';
import { blocksOf } from '../../support/pages/pages.js';

const blocks = blocksOf('docs/testing.md');
const around = { defineAggregate, scenario, Account: BankAccount };

/** Runs a sample of the page, with what it imports as it is; `run` takes the tests that it registers. */
async function runSample(lines: readonly string[], run: (title: string, body: () => void) => void): Promise<void> {
  const { code } = await transform(lines.filter((line) => !line.startsWith('import ')).join('\n'), { loader: 'ts' });
  const names = [...Object.keys(around), 'test'];
  const sample = runInThisContext(`((${names.join(', ')}) => {${code}})`) as (...values: unknown[]) => void;
  sample(...Object.values(around), run);
}

test('the tests of the page pass', async (t) => {
  let count = 0;
  await runSample(blocks.find(({ language }) => language === 'ts')?.lines ?? [], (_title, body) => {
    body();
    count += 1;
  });
  t.is(count, 2);
});

test('the samples that fail print what the page says', async (t) => {
  const printed = [...blocks.entries()].filter(([, { language }]) => language === 'text');
  t.is(printed.length, 2);
  for (const [index, { lines }] of printed) {
    const sample = runSample(blocks[index - 1]?.lines ?? [], () => {});
    const error = await t.throwsAsync(sample, { instanceOf: ScenarioError });
    t.is(withoutTimes(error?.message ?? ''), withoutTimes(lines.join('\n').trimEnd()));
  }
});

/** A text with its times, in milliseconds since 1970, made equal. */
function withoutTimes(text: string): string {
  return text.replaceAll(/\b\d{13}\b/g, 'TIME');
}
