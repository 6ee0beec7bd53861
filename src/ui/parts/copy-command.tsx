import { createContext, useContext } from 'hono/jsx';
import { shellWord } from '../../text/shell-word.js';

const IsHeld = createContext(false);

/** Tells all commands below it whether this process keeps others from the database. */
export const IsHeldProvider = IsHeld.Provider;

/** The command that tells in a terminal what a page tells, to be copied. */
export function CopyCommand({ words }: { readonly words: readonly string[] }) {
  const text = ['maestro', ...words].map(shellWord).join(' ');
  const isHeld = useContext(IsHeld);
  return (
    <span class="command">
      <code>{text}</code>
      <button type="button" data-copy={text} hidden>
        Copy
      </button>
      {isHeld && (
        <span
          class="hint"
          title="The embedded database is open in one process at a time, which is the one that serves these pages."
        >
          {' '}
          stop these pages first
        </span>
      )}
    </span>
  );
}
