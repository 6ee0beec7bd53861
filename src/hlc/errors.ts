import { type ErrorCode, MaestroError } from '../errors.js';
import { timeSpan } from './time-span.js';

/** A value is not a 16-byte timestamp or aggregate id, nor a text form of one. */
export class InvalidTimestampError extends MaestroError {
  readonly code = 'MAESTRO_INVALID_TIMESTAMP' satisfies ErrorCode;
}

/** A timestamp is further ahead of this machine's clock than the maximum drift. */
export class ClockDriftError extends MaestroError {
  readonly code = 'MAESTRO_CLOCK_DRIFT' satisfies ErrorCode;

  constructor(
    /** Milliseconds by which the reading is ahead. */
    readonly drift: number,
    /** Milliseconds by which a reading may be ahead. */
    readonly maxDrift: number,
    /** The text form of the reading. */
    readonly reading: string,
    /** The event with this timestamp, when it is an aggregate's last one and new events were to follow it. */
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
            : ' New events must be later than that event. Wait until its time has come, or accept more drift (`new Clock({ maxDrift })`, `append --max-drift`).'),
      },
    );
  }
}
