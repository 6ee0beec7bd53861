/** Knex's client for PostgreSQL. The package ships types for its main module only. */
declare module 'knex/lib/dialects/postgres/index.js' {
  const client: unknown;
  export default client;
}
