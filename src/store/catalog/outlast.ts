import { setTimeout as delay } from 'node:timers/promises';

/** Pauses between two looks at what others do, in milliseconds: most are done by then. */
const PAUSES: readonly number[] = [5, 10, 20, 40, 80, 160];

/** Waits a moment for what others were seen to do to end, looking again and again; gives what has not. */
export async function outlast(
  seen: ReadonlySet<string>,
  look: () => Promise<ReadonlySet<string>>,
  pauses = PAUSES,
): Promise<ReadonlySet<string>> {
  let left = seen;
  for (const pause of pauses) {
    if (left.size === 0) break;
    const now = await look();
    left = new Set([...left].filter((each) => now.has(each)));
    if (left.size > 0) await delay(pause);
  }
  return left;
}
