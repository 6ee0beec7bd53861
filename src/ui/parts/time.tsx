/** A point in time in UTC; by script in local time, if the reader wants that. Milliseconds since 1970. */
export function Time({ at, toSecond = false }: { readonly at: number; readonly toSecond?: boolean }) {
  const iso = new Date(at).toISOString();
  return (
    <time datetime={iso} data-second={toSecond ? '' : undefined}>
      {utcText(iso, toSecond)}
    </time>
  );
}

/** A time such as `2026-11-22 14:34:05.250Z`. */
export function utcText(iso: string, toSecond = false): string {
  const text = iso.replace('T', ' ');
  return toSecond ? text.replace(/\.\d{3}Z$/, 'Z') : text;
}
