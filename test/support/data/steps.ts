import { migrations } from '../../../migrations/index.js';

/** The tables that Elixir Maestro makes, too; it does not know the others. */
const OF_ELIXIR = new Set(['event_log', 'snapshots']);

/** The names of all steps of the schema, first to last. */
export const STEPS = migrations.map(({ name }) => name);

/** Those that are adopted on a database of Elixir Maestro, and those that are applied there. */
export const ADOPTION = {
  adopted: migrations.filter(({ tables }) => tables.some((table) => OF_ELIXIR.has(table))).map(({ name }) => name),
  applied: migrations.filter(({ tables }) => !tables.some((table) => OF_ELIXIR.has(table))).map(({ name }) => name),
};

/** The tables of a migrated schema in the plain layout, in alphabetical order. */
export const TABLES = ['maestro_migrations', ...migrations.flatMap(({ tables }) => tables)].sort();

/** A state for each step. */
export function allSteps(state: string): string[] {
  return STEPS.map(() => state);
}

/** What `migrate` prints of steps. */
export function printedSteps(state: string, steps: readonly string[] = STEPS): string {
  const width = Math.max(...steps.map((step) => step.length));
  return steps.map((step) => `${step.padEnd(width)}  ${state}\n`).join('');
}
