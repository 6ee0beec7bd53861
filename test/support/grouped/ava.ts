import { createRequire } from 'node:module';
import type { ExecutionContext } from 'ava';
import { turns } from './turns.js';

/**
 * AVA for files that share a process: what a file declares has the file's name before its title and runs in the file's turn. In
 * the process of a single file it is AVA itself. A full run puts this in AVA's place (`scripts/support/test-groups.ts`).
 */
type Declare = (...args: unknown[]) => void;
type Implementation = (t: ExecutionContext, ...args: unknown[]) => unknown;

const ava = createRequire(import.meta.url)('ava') as Declare;

/** The hooks, by the word that declares them. */
const HOOKS = ['before', 'after', 'beforeEach', 'afterEach'];

/** A declaring function with all that is chained to it; `hook` is the word of the hook that it declares, if it does. */
function inTurns(declare: Declare, hook?: string): Declare {
  return new Proxy(declare, {
    apply(target, _, args: unknown[]) {
      const { file } = turns;
      if (file === undefined) target(...args);
      else target(...(hook === undefined ? test(file, args) : hookOf(file, hook, args)));
    },
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      if (typeof value !== 'function' || typeof key !== 'string' || key === 'macro') return value;
      return inTurns(value as Declare, HOOKS.includes(key) ? key : hook);
    },
  });
}

function test(file: string, [title, implementation, ...args]: unknown[]): unknown[] {
  const run: Implementation = async (t, ...values) => {
    await turns.enter(file);
    // What a test tears down is a part of it; this is done last.
    t.teardown(() => turns.leave());
    return (implementation as Implementation)(t, ...values);
  };
  return [`${file} › ${String(title)}`, run, ...args];
}

function hookOf(file: string, hook: string, args: unknown[]): unknown[] {
  const implementation = args.at(-1) as Implementation;
  const run: Implementation = async (t) => {
    // Hooks around each test are those of all files, but are meant for the tests of theirs.
    if (hook.endsWith('Each') && !t.title.includes(` for ${file} › `)) return;
    await turns.enter(file);
    try {
      await implementation(t);
    } finally {
      turns.leave();
    }
  };
  return [...args.slice(0, -1), run];
}

export default inTurns(ava);
