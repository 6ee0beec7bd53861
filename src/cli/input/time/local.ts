const DAY = 86_400_000;

/** The instants that a local time may be. */
interface LocalSpan {
  readonly first: number;
  readonly last: number;
  readonly note?: string;
}

/**
 * The instants of a local time, which is given as if it were UTC. In spring an hour does not exist: what its clock would
 * have shown is taken, an hour on. In autumn one exists twice: both are told, as the first and the last.
 */
export function localSpan(asUtc: number): LocalSpan {
  const before = asUtc + offsetAt(asUtc - DAY);
  const after = asUtc + offsetAt(asUtc + DAY);
  const found = [Math.min(before, after), Math.max(before, after)].filter(
    (time) => asUtc + offsetAt(time) === time,
  ) as [number?, number?];
  const [first, last = first] = found;
  const name = localTimeOf(asUtc);
  if (first === undefined || last === undefined) {
    const note = `The time ${name} does not exist in this time zone, because clocks skip it. ${printed(before)} was taken instead.`;
    return { first: before, last: before, note };
  }
  if (first === last) return { first, last };
  const note =
    `The time ${name} comes twice in this time zone, when clocks are set back: ${printed(first)} and ${printed(last)}. ` +
    'For a beginning the first is taken, for an end or a point the second. To choose yourself, write the offset.';
  return { first, last, note };
}

/** A time that is given as if it were UTC as `2026-11-22 14:34:05`. */
export function localTimeOf(asUtc: number): string {
  return new Date(asUtc).toISOString().slice(0, 19).replace('T', ' ');
}

/** The local time of an instant with its offset, such as `2026-10-25 02:30:00+01:00`. */
function printed(time: number): string {
  return `${localTimeOf(time - offsetAt(time))}${offsetText(time)}`;
}

/** An instant to the millisecond in local time with its offset, such as `2026-10-25T02:30:00.250+01:00`. */
export function localInstant(time: number): string {
  return new Date(time - offsetAt(time)).toISOString().replace('Z', offsetText(time));
}

function offsetText(time: number): string {
  const minutes = Math.round(-offsetAt(time) / 60_000);
  const part = (value: number) => String(Math.trunc(value)).padStart(2, '0');
  return `${minutes < 0 ? '-' : '+'}${part(Math.abs(minutes) / 60)}:${part(Math.abs(minutes) % 60)}`;
}

/** Milliseconds to add to a local time at an instant to have UTC. */
function offsetAt(time: number): number {
  return new Date(time).getTimezoneOffset() * 60_000;
}
