import { shellWord } from '../../text/shell-word.js';

/** The command that tells in a terminal what a page tells, to be copied. */
export function CopyCommand({ words }: { readonly words: readonly string[] }) {
  const text = ['maestro', ...words].map(shellWord).join(' ');
  return (
    <span class="command">
      <code>{text}</code>
      <button type="button" data-copy={text} hidden>
        Copy
      </button>
    </span>
  );
}
