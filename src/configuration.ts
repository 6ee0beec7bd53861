/** What a configuration file (`maestro.config.ts`, `.mts`, `.js`, `.mjs` or `.json`) may hold. */
export interface MaestroConfig {
  /** The URL of a PostgreSQL server: `postgres://user:password@host:5432/database?sslmode=verify-full`. */
  readonly connection?: string;
  /** The schema that holds the tables. @defaultValue 'public' */
  readonly schema?: string;
  /** The folder of the embedded database, used when no server is named. @defaultValue '.maestro/data' */
  readonly dataDir?: string;
  /** The pooler between here and the server: `transaction` for PgBouncer in transaction mode. */
  readonly pooler?: 'transaction';
}

/** Gives a configuration its type, so that an editor completes and checks it. Returns it as it is. */
export function defineConfig(config: MaestroConfig): MaestroConfig {
  return config;
}
