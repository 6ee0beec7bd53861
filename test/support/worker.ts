import { appendFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { registerCompletionHandler } from 'ava';
import { childSeconds, ownSeconds } from '../../scripts/support/costs.js';
import { watchForLeaks } from './leaks.js';

/**
 * Run by AVA in the process of each test file, before the file. When its tests and hooks are done it fails if the file has left
 * something, and notes what the file has cost.
 */
const begin = performance.now();
const file = relative(process.cwd(), fileURLToPath(test.meta.file));
const watch = watchForLeaks(process.env['MAESTRO_TEST_URL']);
/**
 * Milliseconds after the last test in which connections have to be closed: fewer than those after which a pool that was left open
 * ends the ones that nobody uses, and enough for one whose end is on its way.
 */
const CLOSING = 5_000;
/** Milliseconds after the last test in which the process has to end. */
const PATIENCE = 20_000;

function fail(left: readonly string[]): void {
  for (const line of new Set(left)) console.error(`${file} has left something: ${line}`);
  if (left.length > 0) process.exitCode = 1;
}

registerCompletionHandler(() => {
  setTimeout(() => {
    // What is open is told at the exit.
    if (watch.connections().length > 0) process.exit();
  }, CLOSING).unref();
  setTimeout(() => {
    fail(process.getActiveResourcesInfo().map((name) => `the process cannot end because of a ${name}`));
    process.exit();
  }, PATIENCE).unref();
});

process.on('exit', () => {
  fail([...watch.connections(), ...watch.left()]);
  watch.clear();
  const costs = process.env['MAESTRO_TEST_COSTS'];
  if (costs === undefined) return;
  const elapsed = (performance.now() - begin) / 1000;
  appendFileSync(costs, `${JSON.stringify({ file, elapsed, own: ownSeconds(), children: childSeconds() })}\n`);
});
