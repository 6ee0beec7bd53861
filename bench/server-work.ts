import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import type { Run } from './measure.js';

/** Backends tell the server what they did at most once in this time, in milliseconds. */
const UNTIL_TOLD = 1100;

const COUNTERS = `SELECT pg_current_wal_insert_lsn() - '0/0' AS bytes, wal_fpi AS images,
  (SELECT sum(blks_read) FROM pg_stat_database) AS pages FROM pg_stat_wal`;

/**
 * Has a run also tell what the server did for each operation: bytes of its write-ahead log, pages that it wrote there whole
 * (the first time that each is changed after a checkpoint), and pages that it did not find in its memory.
 */
export function tellingServerWork(pool: pg.Pool, run: () => Promise<Run>): () => Promise<Run> {
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
