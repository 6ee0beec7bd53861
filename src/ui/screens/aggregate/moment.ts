import { countEvents } from '../../../admin/find-event/count-events.js';
import type { EventHead } from '../../../admin/find-event/find-event.js';
import { lastHead } from '../../../admin/find-event/find-event.js';
import type { HistoryMark } from '../../../admin/find-event/history-marks.js';
import type { EventTime } from '../../../admin/find-event/times-of-events.js';
import { snapshotHead } from '../../../admin/log/stored-snapshots.js';
import type { StoredEvent } from '../../../events.js';
import type { Frame } from '../../../folding/timeline.js';
import type { Timestamp } from '../../../hlc/timestamp.js';
import { notATime } from '../../../text/time/read-time.js';
import { parseTimeBound } from '../../../text/time/time-bound.js';
import type { UiContext } from '../../context.js';
import { PageError } from '../../page-error.js';
import type { Histories, History } from './histories.js';
import { noAggregate } from './no-aggregate.js';
import type { AggregateRequest } from './request.js';
import { toChooseOwner } from './several-owners.js';

/** Number of events on each side of the shown one in the list. */
const AROUND = 20;
/** Number of events that are folded before a page is shown; a longer fold is left to a request of its own. */
const SOON = 2_000;
/** Number of events at which counting those to fold ends. */
const MOST_COUNTED = 1_000_000;

/** Marks along the whole of a history. */
export interface Along {
  /** The last sequence. */
  readonly last: number;
  readonly marks: readonly HistoryMark[];
  /** The sequence up to which missing events and inverted clocks were looked for. */
  readonly markedUpTo: number;
  /** The sequence of the stored snapshot. */
  readonly snapshot: number | undefined;
  /** The events that could not be folded, as far as was tried. */
  readonly failed: ReadonlySet<number>;
  /** The sequence up to which they were folded. */
  readonly foldedUpTo: number;
  /** The times of some events, the first and the last among them. */
  readonly samples: readonly EventTime[];
}

/** One point of a history, and what the page shows with it. */
export interface Moment {
  readonly request: AggregateRequest;
  readonly history: History;
  /** The sequence of the shown event; 0 before the first. */
  readonly sequence: number;
  readonly event: StoredEvent | undefined;
  /** The event with the state after it; absent when the fold takes long and was not asked for. */
  readonly frame: Frame | undefined;
  /** Number of events that have to be folded for the state, when it is absent. */
  readonly toFold: number;
  /** The point with which the state is compared. */
  readonly pinned: Frame | undefined;
  /** The events around it. */
  readonly heads: readonly EventHead[];
  /** Short forms of their bodies, by sequence. */
  readonly excerpts: ReadonlyMap<number, string>;
  /** True when these begin with the first event. */
  readonly isFromFirst: boolean;
  readonly previous: number | undefined;
  readonly next: EventHead | undefined;
  readonly along: Along;
  /** The time that was asked for; absent where it was a sequence. */
  readonly time: number | undefined;
  /** Notes on this point, such as that the event that was asked for is missing. */
  readonly notes: readonly string[];
}

/** Reads the point that is asked for. Throws `PageError` when the aggregate has no events. */
export async function readMoment(
  ui: UiContext,
  histories: Histories,
  request: AggregateRequest,
  { signal, isPatient }: { readonly signal: AbortSignal; readonly isPatient: boolean },
): Promise<Moment> {
  const { id, as } = request;
  const newest = await lastHead(ui.log, id);
  if (newest === undefined) {
    histories.forget(id, as);
    throw await noAggregate(ui, id);
  }
  const history = await histories.open(id, as).catch(toChooseOwner(request));
  const { timeline } = history;
  const last = newest.sequence;
  const asked = await sequenceOf(request, history, last);
  const changesUpTo = request.path === undefined ? 0 : (request.upTo ?? request.after ?? asked);
  const points = [asked, request.pin ?? 0, changesUpTo].map((each) => Math.min(each, last));
  const toFold = Math.max(...(await Promise.all(points.map((each) => eventsToFold(ui, history, each)))));
  const isFolded = isPatient || request.isFolded || toFold <= SOON;
  const frame = isFolded ? await timeline.at(asked, { signal }) : undefined;
  const pinned = isFolded && request.pin !== undefined ? await timeline.at(request.pin, { signal }) : undefined;
  const event = frame === undefined ? await lastEventUpTo(ui, id, asked) : frame.step?.event;
  const sequence = event?.sequence ?? 0;
  // So that a page shows the same marks for everybody, wherever somebody was before.
  const isNearEnd = isFolded && timeline.reached < last && (await eventsToFold(ui, history, last)) <= SOON;
  if (isNearEnd || (request.isFolded && timeline.reached < last)) await timeline.at(last, { signal });
  if (frame !== undefined) histories.weigh(history, as, frame.state.length);
  const around = await timeline.around(sequence, AROUND);
  const index = around.findLastIndex((head) => head.sequence <= sequence);
  const heads = around.slice(Math.max(0, index - AROUND), index + 1 + AROUND);
  return {
    // What is compared with is there: the page does not hand on the number of an event that is not.
    request: pinned === undefined ? request : { ...request, pin: pinned.sequence },
    history,
    sequence,
    event,
    frame,
    toFold,
    pinned,
    heads,
    excerpts: await history.excerpts(heads.map((head) => head.sequence)),
    isFromFirst: index <= AROUND && timeline.isFirst(around[0]?.sequence ?? 1),
    previous: sequence === 0 ? undefined : (around[index - 1]?.sequence ?? 0),
    next: around[index + 1],
    along: await readAlong(ui, history, last, isFolded ? toFold : 0),
    time: request.time === undefined ? undefined : timeOf(request.time).time,
    notes: notesOf(asked, sequence, request, pinned),
  };
}

/** The point in time of a text. Throws `PageError` for a text that is none. */
export function timeOf(text: string): Timestamp {
  const time = parseTimeBound(text);
  if (time === undefined) throw new PageError(400, `${JSON.stringify(text)} ${notATime(text)}`);
  return time;
}

async function sequenceOf({ at, time }: AggregateRequest, { timeline }: History, last: number): Promise<number> {
  return time === undefined ? (at ?? last) : await timeline.sequenceAt(timeOf(time));
}

/** Number of events that are read for the state at a sequence; counted where sequences do not tell that they are few. */
async function eventsToFold({ log }: UiContext, { id, timeline }: History, upTo: number): Promise<number> {
  const after = timeline.foldedFrom(upTo);
  const sequences = upTo - after;
  return sequences <= SOON ? sequences : await countEvents(log, id, { after, upTo, most: MOST_COUNTED });
}

async function lastEventUpTo({ store }: UiContext, id: Timestamp, sequence: number): Promise<StoredEvent | undefined> {
  const options = { maxSequence: sequence, reverse: true, limit: 1 };
  for await (const event of store.streamStoredEvents(id, 1, options)) return event;
  return undefined;
}

async function readAlong({ log }: UiContext, history: History, last: number, read: number): Promise<Along> {
  const { marks, upTo } = await history.marks(last, read);
  const snapshot = await snapshotHead(log, history.id);
  const { failed, reached } = history.timeline;
  return {
    last,
    marks,
    markedUpTo: upTo,
    snapshot: snapshot?.sequence,
    failed,
    foldedUpTo: reached,
    samples: await history.samples(last),
  };
}

function notesOf(asked: number, found: number, { pin }: AggregateRequest, pinned: Frame | undefined): string[] {
  const notThere = (sequence: number, there: number) =>
    `There is no event ${sequence}; ${there === 0 ? 'none is' : `${there} is the last one`} before it.`;
  return [
    ...(asked === found ? [] : [notThere(asked, found)]),
    ...(pin === undefined || pinned === undefined || pinned.sequence === pin ? [] : [notThere(pin, pinned.sequence)]),
  ];
}
