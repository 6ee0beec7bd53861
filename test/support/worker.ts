import { appendFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import test, { registerCompletionHandler } from 'ava';
import { childSeconds, type FileCost, ownSeconds } from '../../scripts/support/costs.js';
import { turns } from './grouped/turns.js';
import { type Leak, watchForLeaks } from './leaks.js';

/**
 * Run by AVA in each test process, before its file or group of files. When its tests and hooks are done it fails if a file has left
 * something, and notes what each file has cost.
 */
const first = relative(process.cwd(), fileURLToPath(test.meta.file));
const watch = watchForLeaks(process.env['MAESTRO_TEST_URL'], first);
const costs = new Map<string, FileCost>();
let file = first;
let counted = { elapsed: 0, own: 0, children: 0 };
/**
 * Milliseconds after the last test in which connections have to be closed: fewer than those after which a pool that was left open
 * ends the ones that nobody uses, and enough for one whose end is on its way.
 */
const CLOSING = 5_000;
/** Milliseconds after the last test in which the process has to end. */
const PATIENCE = 20_000;

/** Adds what the process has used since it was counted last to the file that has had its turn. */
function count(): void {
  const now = { elapsed: performance.now() / 1000, own: ownSeconds(), children: childSeconds() };
  const before = costs.get(file) ?? { elapsed: 0, own: 0, children: 0 };
  costs.set(file, {
    file,
    elapsed: before.elapsed + now.elapsed - counted.elapsed,
    own: before.own + now.own - counted.own,
    children: before.children + now.children - counted.children,
  });
  counted = now;
}

turns.onTurn = (next) => {
  count();
  watch.turnTo(next);
  file = next;
};

function fail(left: readonly Leak[]): void {
  for (const line of new Set(left.map((leak) => `${leak.file} has left something: ${leak.what}`))) console.error(line);
  if (left.length > 0) process.exitCode = 1;
}

registerCompletionHandler(() => {
  setTimeout(() => {
    // What is open is told at the exit.
    if (watch.connections().length > 0) process.exit();
  }, CLOSING).unref();
  setTimeout(() => {
    const open = process.getActiveResourcesInfo();
    fail(open.map((name) => ({ file: first, what: `the process cannot end because of a ${name}` })));
    process.exit();
  }, PATIENCE).unref();
});

process.on('exit', () => {
  fail([...watch.connections(), ...watch.left()]);
  watch.clear();
  const notes = process.env['MAESTRO_TEST_COSTS'];
  if (notes === undefined) return;
  count();
  for (const cost of costs.values()) appendFileSync(notes, `${JSON.stringify(cost)}\n`);
});
