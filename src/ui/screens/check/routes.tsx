import type { Context } from 'hono';
import type { UiApp, UiContext } from '../../context.js';
import { Empty } from '../../parts/empty.js';
import { Field } from '../../parts/field.js';
import { registerRun } from '../../runs/register-run.js';
import type { PlannedRun } from '../../runs/run.js';
import { checkWork } from './check-work.js';

/** Registers the screen that folds all histories with the application's handlers, as `maestro check` does. */
export function registerCheck(app: UiApp, ui: UiContext): void {
  registerRun(app, ui, {
    path: '/check',
    title: 'Check',
    start: 'Check',
    about: (
      <>
        Folds stored aggregates with the handlers of the application that are configured here, event by event, and
        reports handlers that fail, and stored snapshots that differ from what the events give.
      </>
    ),
    plan: (c) => plan(c, ui),
    ...(ui.aggregates.length === 0 ? { instead: <NoHandlers /> } : {}),
  });
}

const REMEDY = 'Write a whole number, 1 or more, or nothing for all aggregates.';

function plan(c: Context, ui: UiContext): PlannedRun {
  const text = c.req.query('sample')?.trim() ?? '';
  const sample = text === '' ? undefined : Number(text);
  const isWrong = sample !== undefined && !(Number.isSafeInteger(sample) && sample > 0);
  const snapshots = c.req.query('snapshots') !== 'no';
  return {
    command: [
      'check',
      ...(sample === undefined || isWrong ? [] : ['--sample', String(sample)]),
      ...(snapshots ? [] : ['--no-snapshots']),
    ],
    isWrong,
    work: ui.aggregates.length === 0 ? undefined : checkWork(ui, { sample, snapshots }),
    fields: (
      <>
        <Field
          name="sample"
          label="Sample"
          value={text}
          inputmode="numeric"
          placeholder="all aggregates"
          fault={isWrong ? `${JSON.stringify(text)} is no number of aggregates. ${REMEDY}` : undefined}
        />
        <label>
          <input type="checkbox" name="snapshots" value="no" checked={!snapshots} /> leave snapshots out
        </label>
      </>
    ),
  };
}

function NoHandlers() {
  return (
    <Empty>
      No aggregates are configured, so there are no handlers to check. List them in <code>maestro.config.ts</code>:{' '}
      <code>{'export default defineConfig({ aggregates: [ … ] })'}</code>; or, where a program shows these pages, give
      them to <code>{'uiHandler({ database, aggregates: [ … ] })'}</code>.
    </Empty>
  );
}
