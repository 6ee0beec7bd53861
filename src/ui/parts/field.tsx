import { Marked } from './marked.js';

interface FieldProps {
  /** The name of the value in the address. */
  readonly name: string;
  /** @defaultValue the name */
  readonly id?: string;
  readonly label: string;
  readonly value?: string | undefined;
  readonly placeholder?: string;
  readonly inputmode?: 'numeric';
  readonly size?: number;
  /** Words on how the value is read, such as the zone of a time. */
  readonly note?: string;
  /** A sentence on what is wrong with the value. */
  readonly fault?: string | undefined;
}

/** A line of text in a form, with its label, how it is read, and its fault: what is wrong stands beside what was typed. */
export function Field({ name, id = name, label, value, placeholder, inputmode, size, note, fault }: FieldProps) {
  const [noteId, faultId] = [`${id}-note`, `${id}-fault`];
  const described = [note !== undefined && noteId, fault !== undefined && faultId].filter(Boolean).join(' ');
  return (
    <p class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        name={name}
        value={value}
        placeholder={placeholder}
        inputmode={inputmode}
        size={size}
        spellcheck={false}
        autocomplete="off"
        autofocus={fault !== undefined}
        aria-invalid={fault === undefined ? undefined : 'true'}
        aria-describedby={described || undefined}
      />
      {note !== undefined && (
        <span class="hint" id={noteId}>
          {note}
        </span>
      )}
      {fault !== undefined && (
        <span class="fault" id={faultId} role="alert">
          <Marked text={fault} />
        </span>
      )}
    </p>
  );
}
