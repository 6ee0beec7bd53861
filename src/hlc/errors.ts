import { MaestroError } from '../errors.js';

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
  ) {
    super(
      `The timestamp ${reading} is ${drift} ms ahead of this machine's clock; at most ${maxDrift} ms are accepted.`,
      {
        hint: 'Compare the clocks of the machines that write: one of them is wrong. Then try again.',
      },
    );
  }
}
