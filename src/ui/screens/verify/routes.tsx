import type { Context } from 'hono';
import { notATime, readTime } from '../../../text/time/read-time.js';
import type { UiApp, UiContext } from '../../context.js';
import { isFaulty } from '../../input/faults.js';
import { readId } from '../../input/read-id.js';
import { Field } from '../../parts/field.js';
import { zoneNote } from '../../parts/zone-note.js';
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

async function plan(c: Context, ui: UiContext): Promise<PlannedRun> {
  const [since = '', id = ''] = [c.req.query('since')?.trim(), c.req.query('aggregate')?.trim()];
  const faults: Record<string, string> = {};
  const span = since === '' ? undefined : readTime(since);
  if (since !== '' && span === undefined) faults['since'] = `It ${notATime(since)}`;
  const aggregateId = id === '' ? undefined : await readId(ui.log, id, (fault) => (faults['aggregate'] = fault));
  return {
    command: [
      'verify',
      ...(aggregateId === undefined ? [] : [aggregateId.hex]),
      ...(span === undefined ? [] : ['--since', since]),
    ],
    isWrong: isFaulty(faults),
    work: verifyWork(ui, { aggregateId, since: span?.first }),
    fields: (
      <>
        <Field
          name="since"
          label="Since"
          value={since}
          placeholder="the first event"
          note={zoneNote()}
          fault={faults['since']}
        />
        <Field name="aggregate" label="Aggregate" value={id} placeholder="all" fault={faults['aggregate']} />
      </>
    ),
  };
}
