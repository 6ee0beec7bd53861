import { Text } from './text.js';

interface FieldProps {
  /** The name of the value in the address. */
  readonly name: string;
  /** @defaultValue the name */
  readonly id?: string;
  readonly label: string;
  readonly value?: string;
  readonly placeholder?: string;
  /** A sentence on what is wrong with the value. */
  readonly fault?: string | undefined;
}

/** A line of text in a form, with its label and its fault. */
export function Field({ name, id = name, label, value, placeholder, fault }: FieldProps) {
  const faultId = `${id}-fault`;
  return (
    <p class={`field ${name}`}>
      <label for={id}>{label}</label>
      <input
        id={id}
        name={name}
        value={value}
        placeholder={placeholder}
        spellcheck={false}
        autocomplete="off"
        aria-invalid={fault === undefined ? undefined : 'true'}
        aria-describedby={fault === undefined ? undefined : faultId}
      />
      {fault !== undefined && (
        <span class="fault" id={faultId} role="alert">
          <Text value={fault} />
        </span>
      )}
    </p>
  );
}
