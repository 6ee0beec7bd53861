import { readFileSync } from 'node:fs';
import { platform } from 'node:process';

/** Seconds that one test file has taken: `elapsed` from its beginning to its end, the rest of processor time. */
export interface FileCost {
  readonly file: string;
  readonly elapsed: number;
  readonly own: number;
  /** Of the processes that the file started. */
  readonly children: number;
}

/** Seconds of processor time that this process has used. */
export function ownSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/**
 * Seconds of processor time of the processes that this one has started and that have ended, and of theirs: Node.js cannot
 * tell, Linux can. Zero elsewhere.
 */
export function childSeconds(): number {
  if (platform !== 'linux') return 0;
  const stat = readFileSync('/proc/self/stat', 'utf8');
  // Behind the name of the program, which may have blanks, comes field 3; the times of children are fields 16 and 17.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[13]) + Number(fields[14])) / TICKS_PER_SECOND;
}

/** The unit of times in `/proc`, the same on every Linux that Node.js runs on. */
const TICKS_PER_SECOND = 100;

/** A table of the files that cost most (as many as given), and of where all processor time has gone. */
export function costTable(files: readonly FileCost[], shares: Readonly<Record<string, number>>, most: number): string {
  const cost = ({ own, children }: FileCost) => own + children;
  const seconds = (value: number) => value.toFixed(1).padStart(7);
  const rows = [...files].sort((a, b) => cost(b) - cost(a)).slice(0, most);
  return [
    'seconds of CPU: of the file, of processes it started; elapsed',
    ...rows.map((row) => `${seconds(row.own)}${seconds(row.children)}${seconds(row.elapsed)}  ${row.file}`),
    'seconds of CPU in all',
    ...Object.entries(shares).map(([name, value]) => `${seconds(value)}  ${name}`),
  ].join('\n');
}
