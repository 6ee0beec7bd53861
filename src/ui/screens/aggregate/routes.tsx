import type { Context } from 'hono';
import type { JSX } from 'hono/jsx/jsx-runtime';
import { findEventAt } from '../../../admin/find-event/find-event.js';
import type { UiApp, UiContext } from '../../context.js';
import { type Faults, isFaulty } from '../../input/faults.js';
import { PageError } from '../../page-error.js';
import { jsonFile } from '../../parts/json-file.js';
import { fragment, page, partOf } from '../../parts/page.js';
import { shortId } from '../../parts/id.js';
import { AggregateView } from './aggregate-view.js';
import { BisectCommand } from './bisect-command.js';
import { Histories } from './histories.js';
import { AGGREGATE_KEYS } from './keys.js';
import { type Moment, readMoment } from './moment.js';
import { MomentView } from './moment-view.js';
import { namedAggregate } from './named-aggregate.js';
import { pathChanges, pathChangesAfter, pathChangesAround } from './path-changes.js';
import { withPinnedPoint } from './pinned-point.js';
import { PathChangesLater, PathChangesView } from './path-changes-view.js';
import { addressOf, type AggregateRequest, type ReadRequest, readRequest } from './request.js';

/** Registers the screen of one aggregate: its events, and its state after each of them. */
export function registerAggregate(app: UiApp, ui: UiContext): void {
  const histories = new Histories(ui);
  app.get('/aggregate/:id', async (c) => {
    const named = await namedAggregate(ui.log, c.req.param('id'), new URL(c.req.url).search);
    const read = readRequest(named.id, (name) => c.req.query(name));
    if (!named.isWhole) return redirect(c, ui, read.request);
    const asked = await withPinnedPoint(ui.log, read);
    const isWrong = isFaulty(read.faults);
    const { signal } = c.req.raw;
    const part = partOf(c);
    const hidden = part === undefined ? {} : faultsUnsaid(part, read);
    if (isFaulty(hidden)) throw new PageError(400, Object.values(hidden).join(' '));
    if (read.isLoose && !isWrong && part === undefined) return redirect(c, ui, asked);
    if (part === 'body') return await bodyFile(c, ui, asked);
    const moment = await readMoment(ui, histories, asked, {
      signal,
      isPatient: part === 'moment' || part === 'changes' || part === 'state' || asked.to !== undefined,
    });
    if (asked.find !== undefined && asked.to !== undefined) {
      const found = await foundFrom(moment, signal);
      if (found !== undefined) return redirect(c, ui, { ...asked, at: found, time: undefined, to: undefined });
    }
    if (part === 'state' && moment.frame !== undefined)
      return jsonFile(c, `state-${asked.id.hex}-${moment.sequence}`, moment.frame.state);
    const shown = withNotes(moment, part === undefined ? undefined : read.written.pin);
    if (isWrong) c.status(400);
    if (part === 'moment') return fragment(c, ui, <MomentView ui={ui} moment={shown} />);
    if (part === 'changes') return fragment(c, ui, await changesIn(ui, shown, signal));
    return page(c, ui, {
      title: `Aggregate ${shortId(asked.id)}`,
      scripts: ['aggregate'],
      keys: AGGREGATE_KEYS,
      body: (
        <AggregateView ui={ui} moment={shown} read={{ ...read, request: shown.request }}>
          {asked.path !== undefined && (await changesIn(ui, shown, signal))}
        </AggregateView>
      ),
    });
  });
}

/** The body of an event as it is stored. */
async function bodyFile(c: Context, { log }: UiContext, { id, at = 0 }: AggregateRequest): Promise<Response> {
  const found = await findEventAt(log, { aggregateId: id, sequence: at });
  if (found === undefined) throw new PageError(404, `There is no event ${at} of ${id.hex}.`);
  return jsonFile(c, `event-${id.hex}-${at}`, found.event.body);
}

async function foundFrom({ request, history, sequence }: Moment, signal: AbortSignal): Promise<number | undefined> {
  const { find = '', to } = request;
  const found = await history.timeline.find({ text: find, from: sequence, isForward: to === 'next' }, { signal });
  return found?.sequence;
}

/** The faults that a part by itself does not tell: the state of a point says which one it is, and which pin was left out. */
function faultsUnsaid(part: string, { faults }: ReadRequest): Faults {
  if (part !== 'moment') return faults;
  return faults['path'] === undefined ? {} : { path: faults['path'] };
}

/** The moment with notes on what was asked for in vain: a point to compare with that is none, a search that has found nothing. */
function withNotes(moment: Moment, pin: string | undefined): Moment {
  const { find, to } = moment.request;
  const notes = [...moment.notes];
  if (pin !== undefined)
    notes.push(`${JSON.stringify(pin)} was left out: it is no point of a history to compare with.`);
  if (find === undefined || to === undefined) return { ...moment, notes };
  notes.push(`No event contains ${JSON.stringify(find)} in its type, body or metadata.`);
  return { ...moment, request: { ...moment.request, to: undefined }, notes };
}

/** The events that changed one value; without them while the history is not folded. */
async function changesIn(ui: UiContext, moment: Moment, signal: AbortSignal): Promise<JSX.Element> {
  const { request, history, along, frame, sequence } = moment;
  const { path = '', upTo, after } = request;
  if (frame === undefined) return <PathChangesLater request={request} />;
  const { last } = along;
  const searched = { log: ui.log, id: history.id, timeline: history.timeline, path, signal };
  const found =
    upTo !== undefined
      ? await pathChanges({ ...searched, upTo: Math.min(upTo, last) })
      : after !== undefined
        ? await pathChangesAfter(searched, Math.min(after, last), last)
        : await pathChangesAround(searched, sequence, last);
  return (
    <PathChangesView request={request} found={found} shown={sequence} last={last}>
      <BisectCommand ui={ui} moment={moment} />
    </PathChangesView>
  );
}

function redirect(c: Context, ui: UiContext, to: AggregateRequest): Response {
  return c.redirect(ui.base + addressOf(to), 303);
}
