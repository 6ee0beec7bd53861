import { objectText } from '../../../../json/text/object-text.js';
import type { Output } from '../../../output/output.js';
import { decimal } from '../../../../text/figures.js';
import { escapeText } from '../../../../text/escape.js';
import { FittedTable } from '../../../render/fitted-table.js';
import { shortTime } from '../../../render/local-time.js';
import type { Parked } from '../../../../projection/apply/parked.js';
import { type CopyStatus, hasStaleTables, isBehind } from '../../../../projection/status/copy-status.js';
import {
  behindText,
  speedText,
  staleText,
  statusText,
  waitingText,
} from '../../../../projection/status/describe-status.js';

/** Prints how far copies are, in the form that was asked for. */
export async function printStatus(states: readonly CopyStatus[], output: Output): Promise<void> {
  await output.inForm({
    ids: () => output.lines(new Set(states.filter(isBehind).map(({ copy }) => escapeText(copy.name))), String),
    json: () => output.jsonItems(states.map((state) => objectText(jsonOf(state)))),
    table: () => printTable(states, output),
  });
  if (states.length === 0) await output.note('no projection and no subscription has run on this database yet');
}

function jsonOf({ copy, lag, parked, missing, waitsFor }: CopyStatus): object {
  const { name, version, kind, status, createdAt, switchedAt, tables } = copy;
  const { aggregatesBehind, eventsBehind, failed, gaps, ahead, workers, perSecond } = lag;
  return {
    name,
    version,
    kind,
    status,
    createdAt: createdAt.toISOString(),
    switchedAt: switchedAt?.toISOString() ?? null,
    tables,
    missingTables: missing,
    behind: { aggregates: aggregatesBehind, events: eventsBehind },
    failed,
    gaps,
    ahead,
    workers,
    perSecond,
    waitsFor: waitsFor.map((blocker) => ({ ...blocker, seconds: blocker.seconds ?? null })),
    parked: parked.map(({ copy: _copy, aggregateId, firstFailedAt, failedAt, nextTry, ...each }) => ({
      aggregateId: aggregateId.hex,
      ...each,
      firstFailedAt: firstFailedAt.toISOString(),
      failedAt: failedAt.toISOString(),
      nextTry: nextTry.toISOString(),
    })),
  };
}

async function printTable(states: readonly CopyStatus[], output: Output): Promise<void> {
  if (states.length === 0) return;
  const { bad, good, faint } = output.style;
  const table = new FittedTable<CopyStatus>(
    [
      { heading: 'NAME', value: ({ copy }) => copy.name, least: 8 },
      { heading: 'VERSION', value: ({ copy }) => String(copy.version), align: 'right' },
      {
        heading: 'STATUS',
        value: statusText,
        paint: (text, { copy }) => (copy.status === 'live' ? text : faint(text)),
      },
      { heading: 'WORKERS', value: ({ lag }) => decimal(lag.workers), align: 'right' },
      { heading: 'EVENTS/S', value: speedText, align: 'right', optional: 1 },
      {
        heading: 'BEHIND',
        value: behindText,
        paint: (text, state) => (isBehind(state) ? bad(text) : good(text)),
        least: 12,
        wraps: true,
      },
    ],
    states,
    output.columns,
    output.style,
  );
  await output.line(table.head);
  for (const state of states) await output.line(table.line(state));
  for (const state of states) if (state.waitsFor.length > 0) await output.sentence(waitingText(state), bad);
  for (const state of states) if (hasStaleTables(state, states)) await output.sentence(staleText(state), bad);
  for (const state of states) await printParked(state, output);
}

/** Parked aggregates that a table lists of each copy. */
const SHOWN = 20;

async function printParked({ copy, lag, parked }: CopyStatus, output: Output): Promise<void> {
  if (parked.length === 0) return;
  const shown = parked.slice(0, SHOWN);
  await output.line('');
  await output.sentence(`parked by ${copy.name} ${copy.version}:`, output.style.heading);
  const table = new FittedTable<Parked>(
    [
      { heading: 'AGGREGATE', value: ({ aggregateId }) => aggregateId.hex, isId: true },
      { heading: 'SEQ', value: ({ sequence }) => String(sequence), align: 'right' },
      { heading: 'ATTEMPTS', value: ({ attempts }) => decimal(attempts), align: 'right', optional: 1 },
      {
        heading: 'NEXT TRY',
        value: ({ nextTry }) => shortTime(nextTry.getTime()),
        optional: 3,
      },
      {
        heading: 'ERROR',
        value: ({ error }) => error,
        paint: (text) => output.style.bad(text),
        least: 12,
        wraps: true,
      },
    ],
    shown,
    output.columns,
    output.style,
  );
  await output.line(table.head);
  for (const each of shown) await output.line(table.line(each));
  const left = Math.max(lag.failed + lag.gaps, parked.length) - shown.length;
  if (left > 0) await output.sentence(`and ${decimal(left)} more`, output.style.faint);
}
