import type { WantedLayout } from '../../layout/layout.js';

/** The command that changes the layout of an event log to another one on a single server. */
export function layoutCommand({ kind, parts }: WantedLayout): string {
  return `maestro migrate layout ${kind === 'plain' ? '--plain' : `--partitions ${parts}`}`;
}
