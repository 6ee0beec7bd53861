import type { Context } from 'hono';
import type { EventLog } from '../../../admin/log/event-log.js';
import type { Timestamp } from '../../../hlc/timestamp.js';
import { readId } from '../../input/read-id.js';

/** The events that a live page shows. */
export interface LiveFilter {
  /** Only events of these types; all, if empty. */
  readonly types: readonly string[];
  /** Only events of this aggregate. */
  readonly aggregateId: Timestamp | undefined;
}

/** A filter that was read from an address. */
export interface ReadLiveFilter {
  readonly filter: LiveFilter;
  /** The aggregate as it was written. */
  readonly written: string;
  /** A sentence on what is wrong with it. */
  readonly fault: string | undefined;
}

/** Reads the filter in an address: the aggregate by its id, or the first digits of it. */
export async function readLiveFilter(c: Context, log: EventLog): Promise<ReadLiveFilter> {
  const types = [...new Set(c.req.queries('type') ?? [])].filter((type) => type !== '');
  const written = c.req.query('aggregate')?.trim() ?? '';
  let fault: string | undefined;
  const aggregateId = written === '' ? undefined : await readId(log, written, (text) => (fault = text));
  return { filter: { types, aggregateId }, written, fault };
}

/** The parameters of an address with the filter, such as `?type=opened`; empty for all events. */
export function liveQuery({ types, aggregateId }: LiveFilter, more: Readonly<Record<string, string>> = {}): string {
  const query = new URLSearchParams();
  for (const type of types) query.append('type', type);
  if (aggregateId !== undefined) query.set('aggregate', aggregateId.hex);
  for (const [name, value] of Object.entries(more)) query.set(name, value);
  return query.size === 0 ? '' : `?${query.toString()}`;
}
