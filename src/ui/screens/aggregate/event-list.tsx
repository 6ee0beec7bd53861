import type { EventHead } from '../../../admin/find-event/find-event.js';
import { missingText } from '../../../text/missing-text.js';
import { Link } from '../../parts/href.js';
import { Text } from '../../parts/text.js';
import { Time } from '../../parts/time.js';
import { failedWords } from './failed-words.js';
import type { Moment } from './moment.js';
import { addressOf } from './request.js';

/** The events around the shown one, with what is marked of each. */
export function EventList({ moment }: { readonly moment: Moment }) {
  const { heads, sequence, request, isFromFirst } = moment;
  return (
    <section class="pane timeline" aria-labelledby="timeline-heading">
      <h2 id="timeline-heading">Timeline</h2>
      <ol>
        {isFromFirst && (
          <li aria-current={sequence === 0 ? 'true' : undefined}>
            <Link href={addressOf(request, { at: 0, time: undefined })}>0</Link> before the first event
          </li>
        )}
        {heads.map((head, index) => (
          <Row moment={moment} head={head} before={heads[index - 1]} />
        ))}
      </ol>
    </section>
  );
}

interface RowProps {
  readonly moment: Moment;
  readonly head: EventHead;
  /** The event before it in the list. */
  readonly before: EventHead | undefined;
}

function Row({ moment, head, before }: RowProps) {
  const { sequence: shown, request, along, excerpts, history } = moment;
  const { sequence, timestamp, type } = head;
  const excerpt = excerpts.get(sequence) ?? '';
  const previous = before?.sequence ?? (moment.isFromFirst ? 0 : sequence - 1);
  const isEarlier = before !== undefined && timestamp.compare(before.timestamp) < 0;
  return (
    <>
      {previous + 1 < sequence && <li class="gap">{missingText(previous, sequence)}</li>}
      <li
        aria-current={sequence === shown ? 'true' : undefined}
        class={along.failed.has(sequence) ? 'failed' : undefined}
      >
        <Link href={addressOf(request, { at: sequence, time: undefined })}>{String(sequence)}</Link>{' '}
        <span class="type">
          <Text value={type} />
        </span>{' '}
        {excerpt !== '' && <code class="excerpt">{excerpt}</code>} <Time at={timestamp.time} />{' '}
        {along.failed.has(sequence) && <span class="badge failed">{failedWords(history.folding).badge}</span>}
        {isEarlier && <span class="badge clock">earlier clock</span>}
        {along.snapshot === sequence && <span class="badge snapshot">snapshot</span>}
        {request.pin === sequence && <span class="badge pin">pinned</span>}
      </li>
    </>
  );
}
