/** The gap between two sequences in words: `event 3 is missing`, `events 3 to 5 are missing`. */
export function missingText(after: number, next: number): string {
  return next === after + 2 ? `event ${after + 1} is missing` : `events ${after + 1} to ${next - 1} are missing`;
}
