import { setTimeout as delay } from 'node:timers/promises';

/** Default number of attempts while other writers keep taking the next sequence. */
export const DEFAULT_MAX_ATTEMPTS = 100;

/**
 * Upper bound of the random pause after the first attempt, in milliseconds, before doubling: it doubles with each
 * attempt.
 */
const FIRST_PAUSE = 8;
/** The longest pause between two attempts, in milliseconds. */
const LONGEST_PAUSE = 200;

/** Length in milliseconds of the pause after an attempt (1 is the first), for a random number from 0 to less than 1. */
export function pauseLength(attempt: number, random: number): number {
  return random * Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** attempt);
}

/**
 * Waits for a random time after an attempt (1 is the first) that met a conflict, so that the same writers do not
 * collide again.
 */
export async function pauseAfter(attempt: number): Promise<void> {
  await delay(pauseLength(attempt, Math.random()));
}
