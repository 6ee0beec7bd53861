import type { PropsWithChildren } from 'hono/jsx';
import { escapeText } from '../../text/escape.js';
import type { Choice } from '../page-error.js';
import { Link } from './href.js';
import { Marked } from './marked.js';

interface ErrorPanelProps {
  readonly message: string;
  /** The remedy. */
  readonly hint?: string | undefined;
  /** Pages to choose from. */
  readonly choices?: readonly Choice[];
  /** The id of the element in whose place it stands. */
  readonly id?: string;
}

/** An error, and what to do about it. */
export function ErrorPanel({ message, hint, choices = [], id, children }: PropsWithChildren<ErrorPanelProps>) {
  return (
    <section id={id} class="error" role="alert">
      <p class="message">{message.split('\n').map(escapeText).join('\n')}</p>
      {hint !== undefined && (
        <p class="hint">
          <Marked text={hint} />
        </p>
      )}
      {choices.length > 0 && (
        <ul class="choices">
          {choices.map(({ text, href }) => (
            <li>
              <Link href={href}>{escapeText(text)}</Link>
            </li>
          ))}
        </ul>
      )}
      {children}
    </section>
  );
}
