import type { JSX } from 'hono/jsx/jsx-runtime';
import { errorFacts } from '../errors.js';
import { ErrorPanel } from '../parts/error-panel.js';
import { Marked } from '../parts/marked.js';
import { Text } from '../parts/text.js';
import type { Outcome, RunWork } from './run.js';

/** Sends a line of a run: the name of its kind, and its element. */
export type SendLine = (kind: 'progress' | 'finding' | 'outcome', line: JSX.Element) => Promise<void>;

/** Most findings that one page shows. */
const MOST_FINDINGS = 1000;
/** Least time between two lines of progress, in milliseconds. */
const PROGRESS_EVERY = 250;

/** Runs work and sends what it tells, line by line; what goes wrong is a line, too. */
export async function sendLines(work: RunWork, send: SendLine, leaving: AbortSignal): Promise<void> {
  let findings = 0;
  let lastProgress = 0;
  const progress = (text: string) => {
    if (Date.now() - lastProgress < PROGRESS_EVERY) return;
    lastProgress = Date.now();
    // A page that was left is noticed by what is sent next.
    send('progress', <li class="progress">{text}</li>).catch(() => {});
  };
  const finding = async (line: JSX.Element) => {
    findings += 1;
    if (findings <= MOST_FINDINGS) await send('finding', <li class="finding">{line}</li>);
    return findings < MOST_FINDINGS;
  };
  progress('Begins');
  try {
    const outcome = await work({ progress, finding });
    const isCut = findings >= MOST_FINDINGS;
    await send('outcome', <OutcomeLine outcome={isCut ? cut(outcome) : outcome} />);
  } catch (error) {
    if (leaving.aborted) throw error;
    const { message, hint, choices } = errorFacts(error);
    await send(
      'outcome',
      <li class="outcome bad">
        <ErrorPanel message={message} hint={hint} choices={choices} />
      </li>,
    );
  }
}

function cut({ notes }: Outcome): Outcome {
  return {
    good: false,
    text: `${MOST_FINDINGS} findings, with which this page ends. The command at the foot of the page lists all.`,
    notes,
  };
}

function OutcomeLine({ outcome: { good, text, notes } }: { readonly outcome: Outcome }) {
  return (
    <li class={`outcome ${good ? 'good' : 'bad'}`}>
      <strong>
        <Text value={text} />
      </strong>
      {notes.map((note) => (
        <p class="hint">
          <Marked text={note} />
        </p>
      ))}
    </li>
  );
}
