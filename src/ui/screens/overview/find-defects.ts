import { diagnose } from '../../../admin/diagnose/diagnose.js';
import { type Finding, finding, fine } from '../../../admin/diagnose/finding.js';
import { canWrite } from '../../../admin/log/can-write.js';
import type { UiContext } from '../../context.js';

/** Milliseconds for comparing the positions of projections with the log. */
const PATIENCE = 1000;

/** Checks the database as `maestro doctor` does, in less time where it is large; and the session of the pages. */
export async function findDefects({ log, embedded }: UiContext): Promise<Finding[]> {
  const findings: Finding[] = [];
  for await (const found of diagnose(log, { embedded, comparison: { patience: PATIENCE } })) findings.push(found);
  const session = (await canWrite(log))
    ? finding(
        'session',
        'note',
        'the session of these pages could write, although no page does',
        'Open the database for `uiHandler` with `readOnly: true`, and the database itself refuses to write.',
      )
    : fine('session', 'cannot write');
  return [...findings, session];
}
