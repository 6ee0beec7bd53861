/** Size of a log. */
export interface LogSize {
  readonly events: number;
  readonly aggregates: number;
  /** Give every ten events, of aggregates side by side, a correlation id, and each but the first of them its cause. @defaultValue false */
  readonly traced?: boolean;
  /** Number of long histories besides, each with a thirtieth of all events; their ids are those of {@link longId}. @defaultValue 0 */
  readonly long?: number;
  /** Make other ids and timestamps than in a log without it, so that both could be one. @defaultValue false */
  readonly others?: boolean;
}

/** The period in which the events were made, in milliseconds: thirty days. */
const PERIOD = 30 * 24 * 60 * 60 * 1000;
/** Of so many events, each long history has one. */
const SHARE = 30;

/**
 * Fills a migrated schema: histories of equal length that grew side by side, ten common types and a rare one (one event
 * in 50,000), bodies of about 200 bytes, a snapshot for one aggregate in ten.
 */
export async function fillLog(
  client: { readonly query: (sql: string) => Promise<unknown> },
  schema: string,
  { events, aggregates, traced = false, long = 0, others = false }: LogSize,
): Promise<void> {
  const begin = Date.now() - PERIOD;
  const step = Math.max(1, Math.floor(PERIOD / events));
  const timestamp = (n: string) =>
    `lpad(to_hex(${begin} + (${n}) * ${step}), 12, '0') || '0000${others ? 'feed' : 'dead'}beefcafef00d'`;
  const prefix = others ? `'other ' ||` : '';
  const metadata = `jsonb_build_object('$metadata', jsonb_strip_nulls(jsonb_build_object('correlationId', md5((n / 10)::text),
      'causationId', CASE WHEN n % 10 > 0 THEN ${timestamp('n - 1')} END)))`;
  await client.query(`
    INSERT INTO "${schema}".event_log ("timestamp", aggregate_id, sequence, type, body)
    SELECT decode(${timestamp('n')}, 'hex'),
      decode(md5(${prefix} CASE WHEN place < ${long} THEN 'long ' || place ELSE (m % ${aggregates})::text END), 'hex'),
      CASE WHEN place < ${long} THEN n / ${SHARE} ELSE m / ${aggregates} END + 1,
      CASE WHEN n % 50000 = 77 THEN 'audited' ELSE 'changed_' || n % 7 % 10 END,
      jsonb_build_object('n', n, 'amount', n % 1000, 'note', repeat('n', 150))${traced ? ` || ${metadata}` : ''}
    FROM generate_series(0::bigint, ${events - 1}) AS n,
      LATERAL (SELECT n % ${SHARE} AS place, n / ${SHARE} * ${SHARE - long} + n % ${SHARE} - ${long} AS m) AS places`);
  await client.query(`
    INSERT INTO "${schema}".snapshots (aggregate_id, sequence, body)
    SELECT decode(md5(${prefix} a::text), 'hex'), ${Math.floor(((events / SHARE) * (SHARE - long)) / aggregates)}, jsonb_build_object('n', a)
    FROM generate_series(0, ${aggregates - 1}, 10) AS a`);
  await client.query(`VACUUM ANALYZE "${schema}".event_log, "${schema}".snapshots`);
}

/** Text of which SQL's `md5` makes the id of a long history: the first is 0. */
export function longId(index: number): string {
  return `long ${index}`;
}
