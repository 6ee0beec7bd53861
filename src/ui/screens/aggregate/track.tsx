import { counted } from '../../../text/figures.js';
import { missingText } from '../../../text/missing-text.js';
import { Link } from '../../parts/href.js';
import { Marked } from '../../parts/marked.js';
import { Time } from '../../parts/time.js';
import { type FailedWords, failedWords } from './failed-words.js';
import type { Along, Moment } from './moment.js';
import { addressOf } from './request.js';
import { timesOf } from './scrubber.js';

const WIDTH = 1000;
const HEIGHT = 22;
/** Number of marks that are listed as links. */
const LISTED = 12;

/** A mark on the track. */
interface Mark {
  readonly kind: 'gap' | 'clock' | 'snapshot' | 'failed';
  readonly sequence: number;
  readonly text: string;
}

/** The whole history as a line, by sequence or by time: where the shown point is, and what is to be seen elsewhere. */
export function Track({ moment }: { readonly moment: Moment }) {
  const { along, request, sequence, pinned } = moment;
  const failed = failedWords(moment.history.folding);
  const marks = marksOf(along, failed);
  const place = placing(moment);
  const [begin, end] = timesOf(along);
  return (
    <div class="track">
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        width="100%"
        height={String(HEIGHT)}
        preserveAspectRatio="none"
        role="img"
        aria-label={`Event ${sequence} of ${along.last}; ${summary(marks, failed)}`}
      >
        <rect class="line" x="0" y="10" width={String(WIDTH)} height="2" />
        {request.by === 'time' &&
          along.samples.map((sample) => (
            <rect class="tick" x={place(sample.sequence, sample.time)} y="7" width="1" height="8" />
          ))}
        {apart(marks, along, place).map(({ kind, text, x }) => (
          <rect
            class={kind}
            x={x}
            y={kind === 'snapshot' ? '14' : '0'}
            width="4"
            height={kind === 'snapshot' ? '8' : '9'}
          >
            <title>{text}</title>
          </rect>
        ))}
        {pinned !== undefined && (
          <rect
            class="pin"
            x={place(pinned.sequence, pinned.step?.event.timestamp.time)}
            y="0"
            width="3"
            height={String(HEIGHT)}
          />
        )}
        <rect
          class="cursor"
          x={place(sequence, moment.event?.timestamp.time)}
          y="0"
          width="3"
          height={String(HEIGHT)}
        />
      </svg>
      <p class="ends">
        <span>
          1, <Time at={begin} toSecond />
        </span>
        <span>{summary(marks, failed)}</span>
        <span>
          {along.last}, <Time at={end} toSecond />
        </span>
      </p>
      <MarkLinks moment={moment} marks={marks} />
    </div>
  );
}

/** The marks as links, the ones next to the shown point, and what was not looked at. */
function MarkLinks({ moment, marks }: { readonly moment: Moment; readonly marks: readonly Mark[] }) {
  const { along, request, sequence } = moment;
  const distance = (mark: Mark) => Math.abs(mark.sequence - sequence);
  const listed = [...marks]
    .sort((one, other) => distance(one) - distance(other))
    .slice(0, LISTED)
    .sort((one, other) => one.sequence - other.sequence);
  const isPart = along.markedUpTo < along.last;
  const isFoldedInPart = moment.frame !== undefined && along.foldedUpTo < along.last;
  if (listed.length === 0 && !isPart && !isFoldedInPart) return <></>;
  return (
    <ul class="marks" aria-label="Marks">
      {listed.map((mark) => (
        <li class={mark.kind}>
          <Link href={addressOf(request, { at: mark.sequence, time: undefined })}>{mark.text}</Link>
        </li>
      ))}
      {marks.length > listed.length && (
        <li class="none">{`and ${counted(marks.length - listed.length, 'more mark')}`}</li>
      )}
      {isFoldedInPart && (
        <li class="none">
          {`events that cannot be folded are marked up to event ${along.foldedUpTo} so far`}
          {!request.isFolded && (
            <>
              {'; '}
              <Link href={addressOf(request, { at: sequence, time: undefined, isFolded: true })}>look further</Link>
            </>
          )}
        </li>
      )}
      {isPart && (
        <li class="none">
          <Marked
            text={`gaps and clocks are marked up to event ${along.markedUpTo} so far; \`maestro verify\` finds all`}
          />
        </li>
      )}
    </ul>
  );
}

function marksOf({ marks, snapshot, failed }: Along, words: FailedWords): Mark[] {
  const found: Mark[] = marks.flatMap(({ sequence, gapAfter, isEarlier }): Mark[] => [
    ...(gapAfter === undefined ? [] : [{ kind: 'gap', sequence, text: missingText(gapAfter, sequence) } as const]),
    ...(isEarlier
      ? [
          {
            kind: 'clock',
            sequence,
            text: `event ${sequence} has an earlier timestamp than the one before it`,
          } as const,
        ]
      : []),
  ]);
  if (snapshot !== undefined)
    found.push({ kind: 'snapshot', sequence: snapshot, text: `snapshot after event ${snapshot}` });
  for (const sequence of failed) found.push({ kind: 'failed', sequence, text: words.sentence(sequence) });
  return found.sort((one, other) => one.sequence - other.sequence);
}

function summary(marks: readonly Mark[], failed: FailedWords): string {
  const count = (kind: Mark['kind'], name: string, names?: string) => {
    const number = marks.filter((mark) => mark.kind === kind).length;
    return number === 0 ? [] : [counted(number, name, names)];
  };
  const parts = [
    ...count('gap', 'gap'),
    ...count('clock', 'inverted clock'),
    ...count('failed', failed.name, failed.names),
    ...count('snapshot', 'snapshot'),
  ];
  return parts.length === 0 ? 'no marks' : parts.join(', ');
}

/** The marks with their places; of those of one kind at the same place, the first. */
function apart(marks: readonly Mark[], along: Along, place: Place): (Mark & { readonly x: string })[] {
  const times = new Map(along.marks.map(({ sequence, timestamp }) => [sequence, timestamp.time]));
  const seen = new Set<string>();
  return marks.flatMap((mark) => {
    const x = place(mark.sequence, times.get(mark.sequence));
    const key = `${mark.kind} ${x}`;
    if (seen.has(key)) return [];
    seen.add(key);
    return [{ ...mark, x }];
  });
}

type Place = (sequence: number, time: number | undefined) => string;

/** The place of an event on the track; on an axis of time, of one whose time is not known, near the events whose times are. */
function placing({ request, along }: Moment): Place {
  const [begin, end] = timesOf(along);
  const near = (sequence: number) => along.samples.findLast((sample) => sample.sequence <= sequence)?.time ?? begin;
  return (sequence, time) => {
    const share =
      request.by === 'sequence'
        ? sequence / Math.max(1, along.last)
        : ((time ?? near(sequence)) - begin) / Math.max(1, end - begin);
    return String(Math.round(Math.min(1, Math.max(0, share)) * (WIDTH - 4)));
  };
}
