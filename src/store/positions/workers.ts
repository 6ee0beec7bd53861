/** Time in seconds after which a worker that was not seen counts as gone. A living one is seen every few seconds. */
export const WORKER_PATIENCE = 30;

/** SQL: a row of the table of workers is of one that is alive, by the database's clock. */
export const WORKER_IS_ALIVE = `seen_at > clock_timestamp() - interval '${WORKER_PATIENCE} seconds'`;
