import { appendFileSync } from 'node:fs';

/** Whether the full figures are wanted (`npm run faults`), or short rounds, as part of the normal test run. */
export const isFull = process.env['MAESTRO_FAULTS'] === 'full';

/** How many rounds a case runs: few as part of the normal test run, many by `npm run faults`. */
export function rounds(few: number, many: number): number {
  return isFull ? many : few;
}

/** Notes what a case has shown, for the table that `npm run faults` prints. */
export function figure(name: string, shown: string): void {
  const file = process.env['MAESTRO_FIGURES'];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify({ name, shown })}\n`);
}
