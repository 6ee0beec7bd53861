import { createContext, useContext } from 'hono/jsx';
import { shellWord } from '../../text/shell-word.js';

const IsHeld = createContext(false);

/** Tells all commands below it whether this process keeps others from the database. */
export const IsHeldProvider = IsHeld.Provider;

/** Number of characters from which on a command is folded, and of those that its line shows. */
const [LONG, SHOWN] = [240, 80];

/** The command that tells in a terminal what a page tells, to be copied. A long one is folded. */
export function CopyCommand({ words }: { readonly words: readonly string[] }) {
  const text = commandText(words);
  if (text.length < LONG)
    return (
      <span class="command">
        <Command text={text} />
        <StopFirst />
      </span>
    );
  return (
    <details class="command">
      <summary>
        <code>{text.slice(0, SHOWN)}…</code>
      </summary>
      <Command text={text} />
      <StopFirst />
    </details>
  );
}

interface CommandsProps {
  /** The words of each command. */
  readonly commands: readonly (readonly string[])[];
}

/** Commands that together tell what a page tells; several are folded into one line. */
export function CopyCommands({ commands }: CommandsProps) {
  const [first, ...others] = commands;
  if (first === undefined) return <></>;
  if (others.length === 0) return <CopyCommand words={first} />;
  return (
    <details class="command">
      <summary>{commands.length} commands</summary>
      <StopFirst />
      <ul class="commands">
        {commands.map((words) => (
          <li>
            <Command text={commandText(words)} />
          </li>
        ))}
      </ul>
    </details>
  );
}

function Command({ text }: { readonly text: string }) {
  return (
    <>
      <code>{text}</code>
      <button type="button" data-copy={text} hidden>
        Copy
      </button>
    </>
  );
}

/** A note where the command cannot open the database as long as the page is there. */
function StopFirst() {
  if (!useContext(IsHeld)) return <></>;
  return <span class="hint"> (stop these pages first: the embedded database is used by one process at a time)</span>;
}

function commandText(words: readonly string[]): string {
  return ['maestro', ...words].map(shellWord).join(' ');
}
