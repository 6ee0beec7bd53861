import { MaestroError } from '../errors.js';
import { timeSpan } from './time-span.js';

/** Something is not a 16-byte hybrid logical clock value, nor a text form of one. */
export class InvalidTimestampError extends MaestroError {
  readonly code = 'MAESTRO_INVALID_TIMESTAMP';
}

/** A clock was shown a reading that lies further ahead of its own time than its maximum drift. */
export class ClockDriftError extends MaestroError {
  readonly code = 'MAESTRO_CLOCK_DRIFT';

  constructor(
    /** How far ahead the reading is, in milliseconds. */
    readonly drift: number,
    /** How far ahead a reading may be, in milliseconds. */
    readonly maxDrift: number,
    /** The text form of the reading. */
    readonly reading: string,
    /** The event that has it as its timestamp, when it is the last one of an aggregate that was to go on. */
    readonly event?: { readonly aggregateId: string; readonly sequence: number },
  ) {
    const what =
      event === undefined ? 'The timestamp' : `Event ${event.sequence} of ${event.aggregateId}: its timestamp`;
    super(
      `${what} ${reading} is ${timeSpan(drift)} ahead of this machine's clock; at most ${timeSpan(maxDrift)} are accepted.`,
      {
        hint:
          'Compare the clocks of the machines that write: one of them is wrong.' +
          (event === undefined
            ? ' Then try again.'
            : ' New events go after that event. Wait until its time has come, or accept more drift (`new Clock({ maxDrift })`, `append --max-drift`).'),
      },
    );
  }
}
