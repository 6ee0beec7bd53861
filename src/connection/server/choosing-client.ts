import { createRequire } from 'node:module';
import type { ConnectionOptions } from 'node:tls';
import type { Knex } from 'knex';
import { driverMessage, isUnreachable } from '../../store/driver/driver-error.js';
import { DatabaseUnreachableError } from '../../store/errors.js';
import type { HostAddress, TargetSession } from '../address/server-address.js';
import { bindingDriver } from './binding-driver.js';
import { mismatch, SESSION_FACTS, type SessionFacts } from './target-session.js';

/** One way to reach one server. */
export interface Attempt extends HostAddress {
  readonly ssl: ConnectionOptions | false;
}

/** Servers that a client may connect to, and the way in which it finds the one that is meant. */
export interface ChoiceOfServers {
  /** The ways to reach each server, in the order in which they are tried. */
  readonly servers: readonly (readonly Attempt[])[];
  /** Try the servers in another order each time. */
  readonly shuffled: boolean;
  readonly targetSession: TargetSession;
  /** Sessions are made read-only at their start. */
  readonly madeReadOnly: boolean;
  /** Refuse servers that do not bind the login to the encrypted connection. */
  readonly needsBinding: boolean;
}

/** A connection of `pg`, as far as it is used here. */
interface PgConnection {
  query(sql: string): Promise<{ rows: unknown[] }>;
  end(): Promise<void>;
}

/** The part of Knex's client that makes connections. */
interface ConnectingClient {
  connectionSettings: object;
  _driver(): object;
  _acquireOnlyConnection(): Promise<PgConnection>;
}

/** Knex's client for PostgreSQL, or one that is derived from it. */
export type ConnectingClass = new (config: Knex.Config) => ConnectingClient;

/** Knex's client for PostgreSQL. Brings the whole of Knex's dialect with it. */
export function postgresClient(): ConnectingClass {
  return createRequire(import.meta.url)('knex/lib/dialects/postgres') as ConnectingClass;
}

/**
 * A client that makes each connection to the first of several servers that can be reached and is the one that is meant, as
 * PostgreSQL's own programs do: a server that cannot be reached is passed over, one that refuses the login ends the search.
 */
export function choosingClient(Base: ConnectingClass, choice: ChoiceOfServers): typeof Knex.Client {
  class ChoosingClient extends Base {
    override _driver(): object {
      return choice.needsBinding ? bindingDriver() : super._driver();
    }

    override async _acquireOnlyConnection(): Promise<PgConnection> {
      const problems: Problem[] = [];
      const servers = choice.shuffled ? shuffled(choice.servers) : choice.servers;
      // The second round takes what the first passed over.
      const rounds =
        choice.targetSession === 'prefer-standby' ? [choice.targetSession, 'any' as const] : [choice.targetSession];
      for (const target of rounds)
        for (const attempts of servers) {
          const found = await this.#tryServer(attempts, target);
          if ('connection' in found) return found.connection;
          const isLast = servers.length === 1 && rounds.length === 1;
          if (found.error instanceof Error && (isLast || isRefusal(found.error))) throw found.error;
          problems.push(found);
        }
      throw noServer(problems, choice.targetSession);
    }

    /** Tries the ways to reach one server, of which another one helps only when the server is there. */
    async #tryServer(
      attempts: readonly Attempt[],
      target: TargetSession,
    ): Promise<Problem | { readonly connection: PgConnection }> {
      let error: unknown;
      for (const attempt of attempts)
        try {
          const connection = await this.#connect(attempt);
          const why = target === 'any' ? undefined : await this.#mismatch(connection, target);
          return why === undefined ? { connection } : { attempt, why };
        } catch (reason) {
          // Of two refusals that of the server itself says more than that there is no encryption.
          if (error === undefined || isRefusal(reason) || !isRefusal(error)) error = reason;
          if (!mayWorkOtherwise(reason)) break;
        }
      return { attempt: attempts[0] as Attempt, error, why: driverMessage(error) };
    }

    #connect({ host, port, hostAddress, ssl }: Attempt): Promise<PgConnection> {
      const usual = this.connectionSettings;
      const { password } = usual as { password?: unknown };
      // Knex keeps the password out of what is printed of the settings.
      const settings = Object.defineProperty({ ...usual, host: hostAddress ?? host, port, ssl }, 'password', {
        value: password,
        enumerable: false,
      });
      this.connectionSettings = settings;
      try {
        // Reads the settings before it returns, and others may be connecting at the same time.
        return super._acquireOnlyConnection();
      } finally {
        this.connectionSettings = usual;
      }
    }

    /** Why a connection is not to the server that is meant; then it is closed. */
    async #mismatch(connection: PgConnection, target: TargetSession): Promise<string | undefined> {
      let why: string | undefined = 'cannot be asked';
      try {
        const { rows } = await connection.query(SESSION_FACTS);
        why = mismatch(target, rows[0] as SessionFacts, choice.madeReadOnly);
      } finally {
        if (why !== undefined) await connection.end();
      }
      return why;
    }
  }
  return ChoosingClient as unknown as typeof Knex.Client;
}

/** Why a server is not used. */
interface Problem {
  readonly attempt: Attempt;
  readonly why: string;
  readonly error?: unknown;
}

/** The server was there and said no, which it would say again. */
function isRefusal(error: unknown): boolean {
  return (error as { severity?: unknown }).severity !== undefined && !isUnreachable(error);
}

/** With encryption, or without it, this may go better: it is not the password, and there is somebody there. */
function mayWorkOtherwise(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return code !== '28P01' && !isUnreachable(error);
}

function noServer(problems: readonly Problem[], target: TargetSession): DatabaseUnreachableError {
  const all = problems.map(({ attempt: { host, port }, why }) => `${host}:${port}: ${why}`);
  const none = target === 'any' ? 'No server can be used' : `No server is what target_session_attrs=${target} asks for`;
  const causes = problems.flatMap(({ error }) => (error === undefined ? [] : [error]));
  return new DatabaseUnreachableError(`${none}: ${[...new Set(all)].join('; ')}.`, {
    hint: 'Check the hosts and ports, and that one of them is the server that you mean.',
    cause: causes.at(-1),
  });
}

function shuffled<Item>(items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, place: Math.random() }))
    .sort((one, other) => one.place - other.place)
    .map(({ item }) => item);
}
