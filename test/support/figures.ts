import { appendFileSync } from 'node:fs';

/** True for full rounds (`npm run faults`), false for the short ones of a normal test run. */
export const isFull = process.env['MAESTRO_FAULTS'] === 'full';

/** Number of rounds of a case: few in a normal test run, many in `npm run faults`. */
export function rounds(few: number, many: number): number {
  return isFull ? many : few;
}

/** Notes what a case has shown, for the table that `npm run faults` prints. */
export function figure(name: string, shown: string): void {
  const file = process.env['MAESTRO_FIGURES'];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ name, shown })}\n`);
}
