import { setTimeout as delay } from 'node:timers/promises';

/** How often to try by default when other writers keep taking the next sequence. */
export const DEFAULT_MAX_ATTEMPTS = 100;

/** Pauses between attempts are random, up to twice this after the first, then twice as much each time, in milliseconds. */
const FIRST_PAUSE = 8;
/** The longest pause between two attempts, in milliseconds. */
const LONGEST_PAUSE = 200;

/** How long to wait after an attempt (the first is 1), in milliseconds, given a random number from 0 to less than 1. */
export function pauseLength(attempt: number, random: number): number {
  return random * Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** attempt);
}

/** Waits for a random time after an attempt (the first is 1) that met a conflict, so that writers do not meet again. */
export async function pauseAfter(attempt: number): Promise<void> {
  await delay(pauseLength(attempt, Math.random()));
}
