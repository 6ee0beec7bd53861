import type { Program, Step } from './program.js';
import { apply, bodies, contiguous, copies, failing } from './read-model.js';
import type { Protocol } from './rules.js';
import type { Session } from './session.js';
import { type Commit, committing, inserting } from './writers.js';

/** Options of a commit with an inline projection. */
export interface InlineOptions {
  /** The version of its code. @defaultValue 1 */
  readonly version?: number;
  /** The copy that its process has known since before. @defaultValue it looks */
  readonly knows?: string;
  /** Number of missing events that a commit takes in. @defaultValue 2 */
  readonly bound?: number;
}

/** A commit with the projection inline: applied where its position is right before the first event, or nearly. */
export function inlineWriter(
  name: string,
  commit: Commit,
  protocol: Protocol,
  { version = 1, knows, bound = 2 }: InlineOptions = {},
): Program {
  const ids = Object.keys(commit).sort();
  if (!protocol.keeps('locks of rows are taken in one order')) ids.reverse();
  const aggregateOf = (session: Session): string => ids[Number(session.my['turn'] ?? 0)] as string;
  const firstOf = (session: Session): number => Number(session.my[aggregateOf(session)]);
  const eventsOf = (session: Session): readonly string[] => commit[aggregateOf(session)] as readonly string[];
  const lastOf = (session: Session): number => firstOf(session) + eventsOf(session).length - 1;
  const positionKey = (session: Session): string => `position ${String(session.my['copy'])} ${aggregateOf(session)}`;
  const next = (session: Session): string => {
    for (const key of ['copy', 'position', 'missing', 'read', 'settled']) delete session.my[key];
    const turn = Number(session.my['turn'] ?? 0) + 1;
    if (turn === ids.length) return 'commits';
    session.my['turn'] = turn;
    return 'moves the position';
  };
  const leave = (session: Session, why: string): string => {
    session.says(`leaves ${aggregateOf(session)} to the worker: ${why}`);
    return next(session);
  };
  /** The live copy of this version, as the statement sees it. */
  const liveCopy = (session: Session): string | undefined => {
    if (!protocol.keeps('an inline projection checks copy and version')) return knows ?? '1';
    return copies(session).find((copy) => copy.status === 'live' && copy.version === version)?.id;
  };

  const move: Step['run'] = (session) => {
    const copy = liveCopy(session);
    if (copy === undefined) return leave(session, 'no live copy of its version');
    session.my['copy'] = copy;
    const key = positionKey(session);
    const [before, last] = [firstOf(session) - 1, lastOf(session)];
    if (!protocol.keeps('an inline projection matches first − 1')) {
      session.put(key, () => last);
      return 'runs its handlers';
    }
    if (before === 0) {
      if (!session.insert(key, last)) {
        if (session.lock(key, (now) => now === 0) === undefined) return 'locks the position';
        session.put(key, () => last);
      }
    } else {
      if (session.lock(key, (now) => now === before) === undefined)
        return session.read(key) === undefined ? 'adds the missing position' : 'locks the position';
      session.put(key, () => last);
    }
    session.says(`${key} to ${last}`);
    return 'runs its handlers';
  };

  const readMissing = (session: Session, position: number): void => {
    const aggregate = aggregateOf(session);
    const count = protocol.keeps('catching up in a commit ends before its own events')
      ? firstOf(session) - 1 - position
      : Infinity;
    const missing = contiguous(session, aggregate, position + 1, count);
    session.my['missing'] = bodies(session, aggregate, missing);
    session.my['wrong'] = failing(session, aggregate, missing) ?? 0;
  };

  const afterLock: Step['run'] = (session) => {
    const copy = copies(session).find(({ id }) => id === session.my['copy']);
    const key = positionKey(session);
    const position = session.lock(key);
    if (position === undefined) return leave(session, 'its position was erased');
    if (copy?.status !== 'live') return leave(session, 'the copy is not live any more');
    const behind = firstOf(session) - 1 - Number(position);
    if (behind < 0 || behind > bound) return leave(session, `the position is ${Number(position)}`);
    const parked = session.read(`parked ${String(session.my['copy'])} ${aggregateOf(session)}`);
    if (Number(parked ?? 0) > Number(position)) {
      if (protocol.keeps('an inline projection leaves a parked aggregate alone')) return leave(session, 'parked');
      session.put(key, () => lastOf(session));
      return 'runs its handlers';
    }
    if (session.my['read'] === undefined) session.my['position'] = position;
    return 'reads what is missing';
  };

  return {
    name,
    restarts: false,
    rests: [],
    steps: {
      ...inserting(commit, 'moves the position'),
      'moves the position': {
        tables: ['positions shared'],
        sees: (key) => key.startsWith('position ') || key.startsWith('copy '),
        run: move,
      },
      'runs its handlers': (session) => {
        apply(session, { version }, aggregateOf(session), eventsOf(session));
        return next(session);
      },
      'adds the missing position': {
        tables: ['positions shared'],
        run: (session) => {
          if (protocol.keeps('an inline projection takes a missing position for 0'))
            session.insert(positionKey(session), 0);
          else session.insert(positionKey(session), firstOf(session) - 1);
          return 'locks the position';
        },
      },
      'locks the position': {
        tables: ['positions shared'],
        sees: (key) => /^(?:position|copy|parked|event) /.test(key),
        run: (session) => {
          if (!protocol.keeps('catching up in a commit reads after the lock') && session.my['read'] === undefined) {
            session.my['position'] = session.number(positionKey(session));
            session.my['read'] = 1;
            readMissing(session, Number(session.my['position']));
          }
          return afterLock(session);
        },
      },
      'reads what is missing': (session) => {
        if (session.my['read'] === undefined) readMissing(session, Number(session.my['position']));
        return 'takes in what is missing';
      },
      'takes in what is missing': (session) => {
        const { position, missing, wrong } = session.my;
        delete session.my['wrong'];
        const read = missing as string[];
        const last = Number(position) + read.length;
        if (last < firstOf(session) - 1 && protocol.keeps('an inline projection leaves a gap alone'))
          return leave(session, 'a gap');
        if (wrong !== 0 && wrong !== undefined) {
          // Begun in a savepoint, which is undone.
          if (!protocol.keeps('catching up in a commit fails as a whole'))
            apply(session, { version }, aggregateOf(session), read.slice(0, Number(wrong) - Number(position) - 1));
          return leave(session, `event ${Number(wrong)} fails`);
        }
        apply(session, { version }, aggregateOf(session), [...read, ...eventsOf(session)]);
        session.put(positionKey(session), () => lastOf(session));
        session.says(`${read.length} events, and its own`);
        return next(session);
      },
      commits: committing,
    },
  };
}
