import { stateLines } from '../../../folding/state-lines.js';
import { textLines } from '../../../folding/text-lines.js';
import type { Frame } from '../../../folding/timeline.js';
import { isDeeperThan } from '../../../json/text/depth.js';
import { parseJsonText } from '../../../json/parse.js';
import { counted, decimal } from '../../../text/figures.js';
import { Link } from '../../parts/href.js';
import { JsonView } from '../../parts/json-view.js';
import { ChangesTable } from './changes-table.js';
import { Lines, MOST_OF_LINE } from './lines-view.js';
import type { Moment } from './moment.js';
import { addressOf, type AggregateRequest } from './request.js';

/** Deepest nesting of a state whose changes are marked. */
const MAX_MARKED_DEPTH = 200;
/** Number of characters of two states whose changes are marked. */
const MOST_MARKED = 4_000_000;

/** The state after the event, with what changed by it, or since the pinned point. */
export function StatePane({ moment }: { readonly moment: Moment }) {
  const { frame, pinned, sequence, request, toFold } = moment;
  const since = pinned === undefined ? 'by this event' : `since event ${pinned.sequence}`;
  return (
    <section class="pane state" aria-labelledby="state-heading">
      <h2 id="state-heading">{sequence === 0 ? 'State before the first event' : `State after event ${sequence}`}</h2>
      {frame === undefined ? (
        <p class="empty">
          {`The state is made of the ${counted(toFold, 'event')} before it. `}
          <Link href={addressOf(request, { isFolded: true })}>Fold them</Link>
        </p>
      ) : (
        <State frame={frame} pinned={pinned} since={since} request={request} />
      )}
    </section>
  );
}

interface StateProps {
  readonly frame: Frame;
  readonly pinned: Frame | undefined;
  /** Since when the changes are, in words. */
  readonly since: string;
  readonly request: AggregateRequest;
}

function State({ frame, pinned, since, request }: StateProps) {
  const { state, step, rendered } = frame;
  const before = pinned?.state ?? step?.before ?? state;
  const file = `${addressOf(request, { at: frame.sequence, time: undefined, isWhole: false })}&part=state`;
  const unmarked = whyUnmarked(before, state);
  if (unmarked !== undefined)
    return (
      <>
        <p class="note">{`The state is ${unmarked} for its changes to be marked.`}</p>
        <JsonView text={state} label="State" file={file} />
      </>
    );
  // Values that share what is the same are compared at once; those from text are not.
  const now = frame.values?.after ?? parseJsonText(state);
  const old = (pinned === undefined ? frame.values?.before : pinned.values?.after) ?? parseJsonText(before);
  const renderedBefore = rendered === undefined ? undefined : (pinned?.rendered ?? rendered.before)();
  return (
    <>
      <ChangesTable before={old} after={now} since={since} request={request} />
      <Lines lines={stateLines(old, now)} label="State" request={request} />
      {state.length > MOST_OF_LINE && (
        <p class="none">
          <Link href={file}>{`The whole state as a file, ${decimal(state.length)} characters`}</Link>
        </p>
      )}
      {rendered !== undefined && renderedBefore !== undefined && (
        <div id="rendered">
          <h3>As its definition renders it</h3>
          <Lines
            lines={textLines(renderedBefore, rendered())}
            label="State as its definition renders it"
            request={request}
          />
        </div>
      )}
    </>
  );
}

function whyUnmarked(before: string, state: string): string | undefined {
  if (before.length + state.length > MOST_MARKED) return 'too long';
  return [before, state].some((text) => isDeeperThan(text, MAX_MARKED_DEPTH)) ? 'nested too deeply' : undefined;
}
