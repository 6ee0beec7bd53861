import type { Executor } from '../../driver/driver.js';
import type { Layout } from '../../layout/layout.js';
import { layoutAt } from '../../layout/read-layout.js';
import { traitsOf } from '../../layout/traits.js';
import type { CommitContent } from '../commit-content.js';
import { byUnnest } from './by-unnest.js';
import { byValues } from './by-values.js';
import type { InsertForm } from './insert-form.js';

/** The form in which rows are inserted into tables of a layout. */
export function formOf(schema: string, layout: Layout): InsertForm {
  return traitsOf(layout).insertsBy === 'values' ? byValues(schema) : byUnnest(schema);
}

/**
 * The form for the rows of a commit. For one event without a command it is the same everywhere; for others the layout has to be known, for
 * which the database is asked once.
 */
export function formFor(
  on: Executor,
  schema: string,
  { events, command }: CommitContent,
): InsertForm | Promise<InsertForm> {
  if (events.length === 1 && command === undefined) return byValues(schema);
  const layout = layoutAt(on, schema);
  return layout instanceof Promise ? layout.then((found) => formOf(schema, found)) : formOf(schema, layout);
}
