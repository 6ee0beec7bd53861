const DAY = 86_400_000;

/** The instants of a local time; two when clocks are set back. */
interface LocalSpan {
  readonly first: number;
  readonly last: number;
  readonly note?: string;
}

/**
 * The instants of a local time, given as if it were UTC. A time that does not exist because clocks are set forward is
 * moved by the difference. A time that exists twice because clocks are set back gives both instants.
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
    const note = `The time ${name} does not exist in this time zone, because clocks are set forward then. Maestro uses ${printed(before)} instead.`;
    return { first: before, last: before, note };
  }
  if (first === last) return { first, last };
  const note =
    `The time ${name} exists twice in this time zone, because clocks are set back then: ${printed(first)} and ${printed(last)}. ` +
    'Maestro uses the first as a start, and the second as an end or a point. To choose, write the offset.';
  return { first, last, note };
}

/** The text of a time given as if it were UTC: `2026-11-22 14:34:05`. */
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

/** UTC minus local time at an instant, in milliseconds. */
function offsetAt(time: number): number {
  return new Date(time).getTimezoneOffset() * 60_000;
}
