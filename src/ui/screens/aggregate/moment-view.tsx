import { escapeText } from '../../../text/escape.js';
import { CopyCommand } from '../../parts/copy-command.js';
import { ErrorPanel } from '../../parts/error-panel.js';
import { Text } from '../../parts/text.js';
import type { UiContext } from '../../context.js';
import { AsOf } from './as-of.js';
import { EventList } from './event-list.js';
import { EventPane } from './event-pane.js';
import type { Moment } from './moment.js';
import { pointText } from './request.js';
import { Steps } from './steps.js';
import { sliderOf } from './scrubber.js';
import { StatePane } from './state-pane.js';
import { Track } from './track.js';

/** One point of the history: the track with its place, the events around it, the event, and the state after it. */
export function MomentView({ ui, moment }: { readonly ui: UiContext; readonly moment: Moment }) {
  const { sequence, frame, notes, along } = moment;
  const { max, value } = sliderOf(moment);
  const text = `event ${sequence} of ${along.last}`;
  return (
    <section
      id="moment"
      aria-label={text}
      data-sequence={String(sequence)}
      data-value={String(value)}
      data-max={String(max)}
      data-text={text}
      data-said={saidOf(moment)}
      data-point={pointText(moment)}
      data-load={frame === undefined ? 'moment' : undefined}
    >
      <Track moment={moment} />
      <Steps moment={moment} />
      <AsOf moment={moment} />
      {notes.map((note) => (
        <p class="note" role="status">
          <Text value={note} />
        </p>
      ))}
      {frame?.step?.error !== undefined && (
        <ErrorPanel
          message={frame.step.error.message}
          hint="The event was stepped over: the state is the one before it. Later events may follow from that."
        />
      )}
      <div class="panes">
        <EventList moment={moment} />
        <EventPane moment={moment} />
        <StatePane moment={moment} />
      </div>
      <Commands ui={ui} moment={moment} />
    </section>
  );
}

/** The point in the words that a screen reader says after a step. */
function saidOf({ event, along }: Moment): string {
  if (event === undefined) return `before the first event of ${along.last}`;
  return `event ${event.sequence} of ${along.last}: ${escapeText(event.type)}`;
}

/** The commands that tell the same in a terminal. */
function Commands({ ui, moment }: { readonly ui: UiContext; readonly moment: Moment }) {
  const { request, sequence, history, pinned } = moment;
  const by = request.as === undefined ? [] : ['--aggregate', request.as];
  const words = (command: readonly string[]) => [...command, ...by, ...ui.flags];
  const id = history.id.hex;
  return (
    <div class="commands">
      <CopyCommand words={words(['step', id, '--from', String(sequence)])} />
      <CopyCommand words={words(['replay', id, '--max', String(sequence)])} />
      {pinned !== undefined && <CopyCommand words={words(['diff', id, ...inOrder(pinned.sequence, sequence)])} />}
    </div>
  );
}

function inOrder(one: number, other: number): string[] {
  return [Math.min(one, other), Math.max(one, other)].map(String);
}
