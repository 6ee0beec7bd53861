import { objectText } from '../../../../json/object-text.js';
import type { Output } from '../../../output/output.js';
import { counted, decimal } from '../../../../text/figures.js';
import { escapeText } from '../../../../text/escape.js';
import { FittedTable } from '../../../render/fitted-table.js';
import { shortTime } from '../../../render/local-time.js';
import type { Parked } from '../../../../projection/apply/parked.js';
import { describeBlocker } from '../../../../projection/rebuild/switch-blockers.js';
import type { CopyStatus } from './copy-status.js';

/** Prints how far copies are, in the form that was asked for. */
export async function printStatus(states: readonly CopyStatus[], output: Output): Promise<void> {
  await output.inForm({
    ids: () => output.lines(new Set(states.filter(isBehind).map(({ copy }) => escapeText(copy.name))), String),
    json: () => output.jsonItems(states.map((state) => objectText(jsonOf(state)))),
    table: () => printTable(states, output),
  });
  if (states.length === 0) await output.note('no projection and no subscription has run on this database yet');
}

function isBehind({ lag, missing }: CopyStatus): boolean {
  return missing.length > 0 || lag.eventsBehind > 0 || lag.failed > 0 || lag.gaps > 0 || lag.ahead > 0;
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
  for (const { copy, waitsFor } of states)
    if (waitsFor.length > 0)
      await output.sentence(
        `${copy.name} ${copy.version} is filled, and not in use yet: ${waitsFor.map(describeBlocker).join('; ')}.`,
        bad,
      );
  for (const unfilled of states.filter((state) => hasStaleTables(state, states)))
    await output.sentence(
      `${unfilled.copy.name} ${unfilled.copy.version} is live, and no worker has its handlers: until the newer version is in use, its tables get only what commits of that version take in.`,
      bad,
    );
  for (const state of states) await printParked(state, output);
}

/** True for a live copy that nobody fills any more while a newer one is filled. */
function hasStaleTables({ copy, lag }: CopyStatus, states: readonly CopyStatus[]): boolean {
  const isReplaced = states.some(
    (other) => other.copy.name === copy.name && other.copy.status === 'building' && other.copy.version > copy.version,
  );
  return copy.status === 'live' && lag.workers === 0 && isReplaced;
}

function statusText({ copy: { kind, status } }: CopyStatus): string {
  return kind === 'subscription' ? 'subscription' : status;
}

function speedText({ lag: { workers, perSecond } }: CopyStatus): string {
  return workers === 0 ? '' : decimal(Math.round(perSecond));
}

/** All that is not as it should be, in words. */
function behindText({ copy, lag, missing }: CopyStatus): string {
  if (copy.status === 'retired') return 'replaced, and not yet removed';
  const { aggregatesBehind, eventsBehind, failed, gaps, ahead } = lag;
  const parts = [
    ...(missing.length > 0 ? [`no table ${missing.join(', ')} any more`] : []),
    ...(eventsBehind > 0 ? [`${counted(eventsBehind, 'event')} of ${counted(aggregatesBehind, 'aggregate')}`] : []),
    ...(failed > 0 ? [`${counted(failed, 'aggregate')} parked`] : []),
    ...(gaps > 0 ? [counted(gaps, 'gap')] : []),
    ...(ahead > 0 ? [`${counted(ahead, 'aggregate')} ahead of the log`] : []),
  ];
  return parts.length === 0 ? 'nothing' : parts.join(', ');
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
