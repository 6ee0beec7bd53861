import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import type { Run } from './measure.js';

/** Longest time until a backend has reported its statistics, in milliseconds. */
const UNTIL_TOLD = 1100;

const COUNTERS = `SELECT pg_current_wal_insert_lsn() - '0/0' AS bytes, wal_fpi AS images,
  (SELECT sum(blks_read) FROM pg_stat_database) AS pages FROM pg_stat_wal`;

/**
 * Adds to a run the server's work for each operation: bytes of write-ahead log, full page images in it (one for the first
 * change of a page after a checkpoint), and pages that were not in shared memory.
 */
export function withServerFigures(pool: pg.Pool, run: () => Promise<Run>): () => Promise<Run> {
  return async () => {
    const before = await counters(pool);
    const start = performance.now();
    const done = await run();
    const seconds = done.seconds ?? (performance.now() - start) / 1000;
    await delay(UNTIL_TOLD);
    const after = await counters(pool);
    const each = (name: keyof typeof after) => (after[name] - before[name]) / done.count;
    const figures = { 'WAL bytes': each('bytes'), 'whole pages': each('images'), 'pages read': each('pages') };
    return { ...done, seconds, figures: { ...done.figures, ...figures } };
  };
}

async function counters(pool: pg.Pool): Promise<Record<'bytes' | 'images' | 'pages', number>> {
  const { rows } = await pool.query<Record<'bytes' | 'images' | 'pages', string>>(COUNTERS);
  const [{ bytes, images, pages } = { bytes: '', images: '', pages: '' }] = rows;
  return { bytes: Number(bytes), images: Number(images), pages: Number(pages) };
}
