import type { Parked } from '../../../projection/apply/parked.js';
import type { CopyFacts } from '../../../projection/status/copy-status.js';
import { counted, decimal } from '../../../text/figures.js';
import type { UiContext } from '../../context.js';
import { CopyCommand } from '../../parts/copy-command.js';
import { AggregateLink } from '../../parts/id.js';
import { Text } from '../../parts/text.js';
import { Time } from '../../parts/time.js';

interface ParkedListProps {
  readonly ui: UiContext;
  readonly facts: CopyFacts;
}

/** The parked aggregates of a copy, each with its error and what can be done about it. */
export function ParkedList({ ui, facts: { copy, activity, parked } }: ParkedListProps) {
  const left = activity.failed + activity.gaps - parked.length;
  return (
    <section class="parked-list">
      <h2>
        Parked by <Text value={copy.name} /> {copy.version}
      </h2>
      <p class="hint">
        {activity.workers === 0
          ? 'No worker runs, so nothing tries them again. This has the next one that is started try them at once: '
          : 'Workers try them again by themselves, less and less often. This has them tried again at once: '}
        <CopyCommand words={['projections', 'retry', copy.name, ...ui.flags]} />
      </p>
      <ul class="parked">
        {parked.map((each) => (
          <ParkedItem ui={ui} name={copy.name} parked={each} isTried={activity.workers > 0} />
        ))}
      </ul>
      {left > 0 && <p class="hint">and {decimal(left)} more</p>}
    </section>
  );
}

interface ParkedItemProps {
  readonly ui: UiContext;
  readonly name: string;
  readonly parked: Parked;
  /** True when a worker will try it again. */
  readonly isTried: boolean;
}

function ParkedItem({ ui, name, parked, isTried }: ParkedItemProps) {
  const { aggregateId, sequence, reason, error, attempts, firstFailedAt, nextTry } = parked;
  // Without the reason at its end the command is refused.
  const skip = ['projections', 'skip', name, aggregateId.hex, '--sequence', String(sequence), ...ui.flags, '--reason'];
  return (
    <li>
      <AggregateLink id={aggregateId} at={sequence} /> at {sequence}
      {reason === 'gap' && <strong> missing event</strong>}: {counted(attempts, 'attempt')} since{' '}
      <Time at={firstFailedAt.getTime()} toSecond />
      {isTried && (
        <>
          , next <Time at={nextTry.getTime()} toSecond />
        </>
      )}
      <pre class="error-text">{errorLines(error)}</pre>
      {reason === 'failed' && (
        <details>
          <summary>Pass over this event</summary>
          <p class="hint">It is left out for good, and the reason, which you write at the end, is recorded:</p>
          <CopyCommand words={skip} />
        </details>
      )}
    </li>
  );
}

function errorLines(error: string) {
  return error.split('\n').map((line, index) => (
    <>
      {index > 0 && '\n'}
      <Text value={line} />
    </>
  ));
}
