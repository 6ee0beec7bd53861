/**
 * SQL that begins a query with `tables (relid)`, the tables that hold the events; binds the name of the log twice. A plain table has
 * no tree of partitions on some versions, and is its own only leaf on others.
 */
export const WITH_LOG_TABLES = `WITH tables AS (SELECT relid FROM pg_partition_tree(to_regclass(?)) UNION SELECT to_regclass(?))`;
