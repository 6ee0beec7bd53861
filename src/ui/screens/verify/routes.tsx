import type { Context } from 'hono';
import { Timestamp } from '../../../hlc/timestamp.js';
import { notATime, readTime } from '../../../text/time/read-time.js';
import type { UiApp, UiContext } from '../../context.js';
import { PageError } from '../../page-error.js';
import { registerRun } from '../../runs/register-run.js';
import type { PlannedRun } from '../../runs/run.js';
import { verifyWork } from './verify-work.js';

/** Registers the screen that looks for faults in the log, as `maestro verify` does. */
export function registerVerify(app: UiApp, ui: UiContext): void {
  registerRun(app, ui, {
    path: '/verify',
    title: 'Verify',
    start: 'Verify',
    about: (
      <>
        Looks for what cannot be in a sound log: missing sequences, clocks that run backwards or are far ahead, ids of
        the wrong length, snapshots and projections ahead of their events. The database reads the whole log, unless a
        time or an aggregate says less.
      </>
    ),
    plan: (c) => plan(c, ui),
  });
}

function plan(c: Context, ui: UiContext): PlannedRun {
  const [since = '', id = ''] = [c.req.query('since')?.trim(), c.req.query('aggregate')?.trim()];
  const span = since === '' ? undefined : readTime(since);
  if (since !== '' && span === undefined) throw new PageError(400, `${JSON.stringify(since)} ${notATime(since)}`);
  const aggregateId = id === '' ? undefined : Timestamp.parse(id);
  return {
    command: [
      'verify',
      ...(aggregateId === undefined ? [] : [aggregateId.hex]),
      ...(since === '' ? [] : ['--since', since]),
    ],
    work: verifyWork(ui, { aggregateId, since: span?.first }),
    fields: (
      <>
        <label>
          Since
          <input name="since" value={since} placeholder="the first event" autocomplete="off" />
        </label>
        <label>
          Aggregate
          <input name="aggregate" value={id} placeholder="all" spellcheck={false} autocomplete="off" />
        </label>
      </>
    ),
  };
}
