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
import { failedWords } from './failed-words.js';
import type { Moment } from './moment.js';
import { addressOf, type AggregateRequest } from './request.js';

/** Deepest nesting of a state whose changes are marked. */
const MAX_MARKED_DEPTH = 200;
/** Number of characters of two states whose changes are marked. */
const MOST_MARKED = 4_000_000;

/** The state after the event, with what changed by it, or since the pinned point. */
export function StatePane({ moment }: { readonly moment: Moment }) {
  const { frame, pinned, sequence, request, toFold } = moment;
  const without = sequence === 0 ? undefined : withoutFailed(moment);
  return (
    <section class="pane state" aria-labelledby="state-heading">
      <h2 id="state-heading">{sequence === 0 ? 'State before the first event' : `State after event ${sequence}`}</h2>
      {frame !== undefined && without !== undefined && <p class="note without">{without}</p>}
      {frame === undefined ? (
        <p class="empty">
          {`The state is made of the ${counted(toFold, 'event')} before it. `}
          <Link href={addressOf(request, { isFolded: true })}>Fold them</Link>
        </p>
      ) : (
        <State frame={frame} pinned={pinned} request={request} />
      )}
    </section>
  );
}

/** Number of events that are named. */
const NAMED = 3;

/** The events that are not in the state, in words. */
function withoutFailed({ along, sequence, history }: Moment): string | undefined {
  const failed = [...along.failed].filter((each) => each <= sequence).sort((one, other) => one - other);
  if (failed.length === 0) return undefined;
  const more = failed.length - NAMED;
  const named = failed.slice(0, NAMED).join(', ') + (more > 0 ? ` and ${decimal(more)} more` : '');
  return `Without event${failed.length === 1 ? '' : 's'} ${named}, whose ${failedWords(history.folding).whose(failed.length)}.`;
}

interface StateProps {
  readonly frame: Frame;
  readonly pinned: Frame | undefined;
  readonly request: AggregateRequest;
}

function State({ frame, pinned, request }: StateProps) {
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
  // What is told is in the order of time, also where the point to compare with is the later one.
  const isLater = pinned !== undefined && pinned.sequence > frame.sequence;
  const renderedBefore = rendered === undefined ? undefined : (pinned?.rendered ?? rendered.before)();
  return (
    <>
      <ChangesTable
        before={isLater ? now : old}
        after={isLater ? old : now}
        compared={pinned && { pinned: pinned.sequence, shown: frame.sequence }}
        request={request}
      />
      <Lines lines={stateLines(old, now)} label="State" request={request} isLater={isLater} />
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
            isLater={isLater}
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
