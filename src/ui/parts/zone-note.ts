/** The zone in which a time is read that is written without one: that of the computer that serves the pages. */
export function zoneNote(now = new Date()): string {
  const { timeZone } = new Intl.DateTimeFormat('en').resolvedOptions();
  const offset = offsetText(-now.getTimezoneOffset());
  return `${timeZone === offset ? offset : `${timeZone} (${offset})`}, or write a zone`;
}

function offsetText(minutes: number): string {
  if (minutes === 0) return 'UTC';
  const part = (value: number) => String(Math.floor(value)).padStart(2, '0');
  return `UTC${minutes < 0 ? '−' : '+'}${part(Math.abs(minutes) / 60)}:${part(Math.abs(minutes) % 60)}`;
}
