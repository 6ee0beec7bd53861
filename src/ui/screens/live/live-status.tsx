import type { PropsWithChildren } from 'hono/jsx';
import { Text } from '../../parts/text.js';

/** The line above the table, which says whether events come by themselves. */
export type LiveState = 'still' | 'live' | 'paused' | 'lost' | 'ended';

const SIGNS = { still: '', live: '● ', paused: '❚❚ ', lost: '▲ ', ended: '■ ' } as const;

/** The line above the table: whether events come by themselves, and if not, why. */
export function LiveStatus({ state, children }: PropsWithChildren<{ readonly state: LiveState }>) {
  return (
    <span class={`live-state ${state}`}>
      <span aria-hidden="true">{SIGNS[state]}</span>
      {children}
    </span>
  );
}

/** New events come by themselves. */
export function Following() {
  return <LiveStatus state="live">Live: new events appear by themselves.</LiveStatus>;
}

/** The database cannot be reached; by itself, that will be tried again. */
export function Lost({ message }: { readonly message: string }) {
  return (
    <LiveStatus state="lost">
      <Text value={message} /> Trying again until it is back.
    </LiveStatus>
  );
}

/** No further event comes, and why. */
export function Ended({ message }: { readonly message: string }) {
  return (
    <LiveStatus state="ended">
      <Text value={message} />
    </LiveStatus>
  );
}

/** A warning beside the events. */
export function Warned({ message }: { readonly message: string }) {
  return (
    <p class="hint">
      <Text value={message} />
    </p>
  );
}
