import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { MaestroError, openAggregates, type Store, Timestamp } from 'maestro-store';
import { Account, Command } from './account.js';
import { Problem, problemOf } from './problems.js';

/** Who sent a request, and what it belongs to: kept with each event that it leads to. */
interface Origin {
  readonly userId: string;
  readonly correlationId: string;
}

/** What the application needs from outside. */
export interface Surroundings {
  readonly store: Store;
  /** The id of the user who sent a request; undefined for nobody who is known here. */
  readonly userOf: (request: Request) => string | undefined;
  /** Told of the errors that are no fault of a client. */
  readonly log: (error: unknown, origin: Origin | undefined) => void;
}

/** Statuses of the reasons with which handlers refuse. One that is missing does not compile. */
const REJECTIONS = { already_open: 409, not_open: 409, not_enough_money: 409 } as const;
/** Commands that are right whatever has happened meanwhile. For all others a client must have seen the latest state. */
const UNCONDITIONAL: readonly Command['type'][] = ['deposit'];

export function createApp({ store, userOf, log }: Surroundings) {
  const origins = new AsyncLocalStorage<Origin>();
  const accounts = openAggregates(Account, { store, metadata: () => ({ ...origins.getStore() }) });
  const app = new Hono<{ Variables: Origin }>();

  app.use(async (context, next) => {
    const userId = userOf(context.req.raw);
    if (userId === undefined) throw new Problem(401, 'Log in first.');
    const given = context.req.header('X-Correlation-Id') ?? '';
    const correlationId = /^[\w.:-]{1,100}$/.test(given) ? given : randomUUID();
    context.set('userId', userId);
    context.header('X-Correlation-Id', correlationId);
    await origins.run({ userId, correlationId }, next);
  });

  app.get('/accounts/:id', async (context) => {
    const { state, sequence } = await accounts.fetchWithSequence(Timestamp.parse(context.req.param('id')));
    if (sequence === 0) throw new Problem(404, 'There is no such account.');
    context.header('ETag', etagOf(sequence));
    if (isKnown(context.req.header('If-None-Match'), sequence)) return context.body(null, 304);
    return context.json(state);
  });

  app.post('/accounts/:id', bodyLimit({ maxSize: 10_000, onError: tooLarge }), async (context) => {
    const id = Timestamp.parse(context.req.param('id'));
    const command = Command.parse(await context.req.json());
    const expect = expectedSequence(context.req.header('If-Match'), context.req.header('If-None-Match'));
    if (expect === undefined && !UNCONDITIONAL.includes(command.type))
      throw new Problem(428, 'Say which state you have seen: If-Match with its ETag, or If-None-Match: * for none.');
    const commandId = commandIdOf(context.get('userId'), context.req.header('Idempotency-Key'));

    const result = await repeatedly(() => accounts.evaluate(id, command, { expect, commandId }));
    if (!result.ok) throw new Problem(REJECTIONS[result.error], result.error);
    const { state, sequence, repeated } = result.value;
    context.header('ETag', etagOf(sequence));
    if (repeated) context.header('Idempotent-Replayed', 'true');
    return context.json(state);
  });

  app.notFound(() => {
    throw new Problem(404, 'There is nothing here.');
  });
  app.onError((error, context) => {
    const { status, title, facts, cause } = problemOf(error);
    if (status >= 500) log(cause, origins.getStore());
    if (status === 503) context.header('Retry-After', '2');
    if (status === 401) context.header('WWW-Authenticate', 'Bearer');
    return context.json({ status, title, ...facts }, status, { 'Content-Type': 'application/problem+json' });
  });
  return app;
}

function tooLarge(): never {
  throw new Problem(413, 'A command has 10,000 bytes at most.');
}

/** The sequence is all that an ETag has to say: of the same account it always stands for the same state. */
function etagOf(sequence: number): string {
  return `"${sequence}"`;
}

/** True when a client has the state of a sequence already. A proxy that compresses answers makes a weak ETag of ours. */
function isKnown(ifNoneMatch: string | undefined, sequence: number): boolean {
  const known = ifNoneMatch?.split(',').map((etag) => etag.trim().replace(/^W\//, '')) ?? [];
  return known.includes('*') || known.includes(etagOf(sequence));
}

/** The sequence that the account must have by the preconditions of a request; undefined without one. */
function expectedSequence(ifMatch: string | undefined, ifNoneMatch: string | undefined): number | undefined {
  if (ifNoneMatch !== undefined) {
    if (ifNoneMatch === '*' && ifMatch === undefined) return 0;
    throw new Problem(
      400,
      'A command takes If-None-Match: * for an account that is not there yet, or If-Match; not both.',
    );
  }
  if (ifMatch === undefined) return undefined;
  const [, sequence] = /^(?:W\/)?"(\d{1,9})"$/.exec(ifMatch) ?? [];
  if (sequence === undefined) throw new Problem(400, 'If-Match takes one ETag, as this server has given it.');
  return Number(sequence);
}

/** A key means the same command only from the same user, so nobody gets the answer that was another's. */
function commandIdOf(userId: string, key = ''): string {
  if (!/^[\x21-\x7e]{8,100}$/.test(key))
    throw new Problem(
      400,
      'Send an Idempotency-Key of 8 to 100 characters: a new one for each command, the same for its repeats.',
    );
  return `${userId} ${key}`;
}

/** Errors after which a command may have been carried out, or will be at the next attempt. */
const PASSING: readonly string[] = ['MAESTRO_OUTCOME_UNKNOWN', 'MAESTRO_CONNECTION_LOST', 'MAESTRO_UNREACHABLE'];

/** Repeats work with a command id when the connection broke: if it was done before, it answers what it answered then. */
async function repeatedly<Value>(work: () => Promise<Value>): Promise<Value> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt === 3 || !(error instanceof MaestroError && PASSING.includes(error.code))) throw error;
      await pause(20 * 4 ** attempt * (0.5 + Math.random()));
    }
  }
}
