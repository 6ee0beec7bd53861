import type { ConnectionOptions } from 'node:tls';
import { driverMessage, isUnreachable } from '../../store/driver/driver-error.js';
import type { Connect, NewConnection } from '../../store/driver/pg/derived-client.js';
import { DatabaseUnreachableError } from '../../store/errors.js';
import type { HostAddress, TargetSession } from '../address/server-address.js';
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
}

type TryOnce = Parameters<Connect>[0];

/**
 * Makes each connection to the first of several servers that can be reached and is the one that is meant, as PostgreSQL's own
 * programs do: a server that cannot be reached is passed over, one that refuses the login ends the search.
 */
export function choosing(choice: ChoiceOfServers): Connect {
  return async (tryOnce) => {
    const problems: Problem[] = [];
    const servers = choice.shuffled ? shuffled(choice.servers) : choice.servers;
    // The second round takes what the first passed over.
    const rounds =
      choice.targetSession === 'prefer-standby' ? [choice.targetSession, 'any' as const] : [choice.targetSession];
    for (const target of rounds)
      for (const attempts of servers) {
        const found = await tryServer(tryOnce, attempts, target, choice.madeReadOnly);
        if ('connection' in found) return found.connection;
        const isLast = servers.length === 1 && rounds.length === 1;
        if (found.error instanceof Error && (isLast || isRefusal(found.error))) throw found.error;
        problems.push(found);
      }
    throw noServer(problems, choice.targetSession);
  };
}

/** Tries the ways to reach one server, of which another one helps only when the server is there. */
async function tryServer(
  tryOnce: TryOnce,
  attempts: readonly Attempt[],
  target: TargetSession,
  madeReadOnly: boolean,
): Promise<Problem | { readonly connection: NewConnection }> {
  let error: unknown;
  for (const attempt of attempts)
    try {
      const { host, port, hostAddress, ssl } = attempt;
      const connection = await tryOnce({ host: hostAddress ?? host, port, ssl });
      const why = target === 'any' ? undefined : await otherServer(connection, target, madeReadOnly);
      return why === undefined ? { connection } : { attempt, why };
    } catch (reason) {
      // Of two refusals that of the server itself says more than that there is no encryption.
      if (error === undefined || isRefusal(reason) || !isRefusal(error)) error = reason;
      if (!mayWorkOtherwise(reason)) break;
    }
  return { attempt: attempts[0] as Attempt, error, why: driverMessage(error) };
}

/** The reason why a server does not fit `target_session_attrs`, after ending the connection; `undefined` when it fits. */
async function otherServer(
  connection: NewConnection,
  target: TargetSession,
  madeReadOnly: boolean,
): Promise<string | undefined> {
  let why: string | undefined = 'cannot be asked';
  try {
    const facts = (await connection.ask(SESSION_FACTS)) as SessionFacts;
    why = mismatch(target, facts, madeReadOnly);
  } finally {
    if (why !== undefined) await connection.end();
  }
  return why;
}

/** A server that cannot be used, and the reason. */
interface Problem {
  readonly attempt: Attempt;
  readonly why: string;
  readonly error?: unknown;
}

/** True when the server answered with a refusal, which it would repeat. */
function isRefusal(error: unknown): boolean {
  return (error as { severity?: unknown }).severity !== undefined && !isUnreachable(error);
}

/**
 * True when another attempt at the same server, with or without TLS, can succeed: it answered, and the password is not
 * what it refused.
 */
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
