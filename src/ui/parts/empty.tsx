import type { PropsWithChildren } from 'hono/jsx';

/** A place where nothing is, with what to do. */
export function Empty({ children }: PropsWithChildren) {
  return <p class="empty">{children}</p>;
}
