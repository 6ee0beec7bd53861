import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Stryker } from '@stryker-mutator/core';
import { startPostgres } from './support/postgres.js';

/** Sources to mutate, and the tests that should notice: few, because they run anew for every mutant. */
interface Family {
  readonly mutate: readonly string[];
  readonly tests: readonly string[];
}

const FAMILIES: Readonly<Record<string, Family>> = {
  append: { mutate: ['src/store/append.ts'], tests: ['test/store/append.test.ts'] },
  clock: { mutate: ['src/hlc/{clock,timestamp,timestamp-text}.ts'], tests: ['test/hlc/*.test.ts'] },
  validation: {
    mutate: ['src/store/commit/validate.ts', 'src/json/encode/{encode,encode-simple,plain-object,scalars}.ts'],
    tests: ['test/store/commit/validate.test.ts', 'test/json/encode/encode.test.ts'],
  },
  retry: {
    mutate: ['src/store/commit/backoff.ts', 'src/aggregate/{aggregate-root,plan}.ts'],
    tests: [
      'test/store/commit/backoff.test.ts',
      'test/aggregate/{aggregates,fold/freeze,fold/handlers,snapshot/snapshots}.test.ts',
    ],
  },
  sanitising: { mutate: ['src/text/escape.ts'], tests: ['test/text/escape.test.ts'] },
  lock: { mutate: ['src/connection/embedded/file-lock.ts'], tests: ['test/connection/embedded/file-lock.test.ts'] },
};

/**
 * Runs Stryker on all families, or on those that are named: it changes the sources one mutation at a time, and counts those
 * for which a test fails. Prints the survivors and a table.
 */
const names = process.argv.slice(2);
const unknown = names.filter((name) => FAMILIES[name] === undefined);
if (unknown.length > 0) throw new Error(`Known are ${Object.keys(FAMILIES).join(', ')}; not ${unknown.join(', ')}.`);
process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const postgres = process.env['MAESTRO_TEST_URL'] === undefined ? await startPostgres() : undefined;
process.env['MAESTRO_TEST_URL'] ??= postgres?.url;
process.env['TZ'] = 'Europe/Berlin';
const rows: string[] = [];
let failed = false;
try {
  for (const [name, { mutate, tests }] of Object.entries(FAMILIES)) {
    if (names.length > 0 && !names.includes(name)) continue;
    const start = performance.now();
    const results = await new Stryker({
      mutate: [...mutate],
      commandRunner: { command: `node node_modules/ava/entrypoints/cli.mjs --fail-fast ${tests.join(' ')}` },
    }).runMutationTest();
    const count = (...states: string[]) => results.filter(({ status }) => states.includes(status)).length;
    const [killed, timedOut, survived] = [count('Killed'), count('Timeout'), count('Survived', 'NoCoverage')];
    const score = (100 * (killed + timedOut)) / (killed + timedOut + survived);
    for (const { status, location, fileName, replacement = '' } of results)
      if (status === 'Timeout')
        console.log(
          `[Timed out] ${relative('.', fileName)}:${location.start.line}: ${replacement.replace(/\s+/g, ' ')}`,
        );
    failed ||= !(score >= 85);
    const seconds = Math.round((performance.now() - start) / 1000);
    rows.push(`| ${name} | ${killed} | ${timedOut} | ${survived} | ${score.toFixed(1)} % | ${seconds} s |`);
    console.log(rows.at(-1));
  }
} finally {
  await postgres?.stop();
}
console.log(`\n| family | killed | timed out | survived | score | took |\n| --- | --- | --- | --- | --- | --- |`);
for (const row of rows) console.log(row);
process.exit(failed ? 1 : 0);
