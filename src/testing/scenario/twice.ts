/**
 * By how many milliseconds the second clock is ahead: three years and five weeks, an hour, a minute, a second and a millisecond.
 * So each part of a date differs whatever the time is now, the day of the week by four or five.
 */
const AHEAD = 1131 * 86_400_000 + 3_661_001;

/**
 * Runs a function twice: as it is, and at another time with other random numbers, so that an answer that depends on
 * either differs for certain, even where it only asks for the day of the week or tosses a coin. `Date` and `Math.random`
 * are exchanged for that. The function has to answer at once, so nobody else sees it.
 */
export function twice<Answer>(run: () => Answer): readonly [first: Answer, second: Answer] {
  const random = Math.random.bind(Math);
  const drawn: number[] = [];
  const recorded = () => {
    const number = random();
    drawn.push(number);
    return number;
  };
  const first = withGlobals(Date, recorded, run);
  const opposite = () => ((drawn.shift() ?? random()) + 0.5) % 1;
  return [first, withGlobals(datesAhead(Date), opposite, run)];
}

function withGlobals<Answer>(date: DateConstructor, random: () => number, run: () => Answer): Answer {
  const before = { date: globalThis.Date, random: Math.random };
  globalThis.Date = date;
  Math.random = random;
  try {
    return run();
  } finally {
    globalThis.Date = before.date;
    Math.random = before.random;
  }
}

/** A class `Date` whose present is {@link AHEAD}; the dates that it makes are ordinary ones. */
function datesAhead(here: DateConstructor): DateConstructor {
  const now = () => here.now() + AHEAD;
  const dates: DateConstructor = new Proxy(here, {
    get: (target, key) => (key === 'now' ? now : (Reflect.get(target, key) as unknown)),
    apply: () => new here(now()).toString(),
    construct: (target, given: unknown[], constructor) =>
      Reflect.construct(
        target,
        given.length === 0 ? [now()] : given,
        constructor === dates ? target : constructor,
      ) as object,
  });
  return dates;
}
