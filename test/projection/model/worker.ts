import { aggregates, apply, bodies, contiguous, type Copy, copies, failing } from './read-model.js';
import type { Protocol } from './rules.js';
import type { Session } from './session.js';
import type { Program } from './program.js';

/** Options of a worker. */
export interface WorkerOptions {
  /** The version of its code. @defaultValue 1 */
  readonly version?: number;
  /** Number of events of an aggregate that it takes in at once. @defaultValue 2 */
  readonly limit?: number;
  /** True when it takes all aggregates that are behind into one transaction. @defaultValue one aggregate */
  readonly batches?: boolean;
}

/** What a worker has read of one aggregate of its batch. */
type Read = readonly [aggregate: string, position: number, sequences: readonly number[], bodies: readonly string[]];

/** A worker that takes in what is behind, in the live and in the building copy of its version. */
export function worker(
  name: string,
  protocol: Protocol,
  { version = 1, limit = 2, batches = false }: WorkerOptions = {},
): Program {
  const idle = (session: Session): string => {
    if (protocol.keeps('a worker that finds another copy rolls back')) session.rollback();
    else session.commit();
    session.my = session.my['seen'] === undefined ? {} : { seen: session.my['seen'] };
    return 'looks for work';
  };
  const batchOf = (session: Session) => session.my['batch'] as readonly string[];
  const positionKey = (session: Session, aggregate: string) => `position ${String(session.my['copy'])} ${aggregate}`;
  const isAsExpected = (session: Session) =>
    copies(session).some(({ id, status }) => id === session.my['copy'] && status === session.my['status']);

  /** Goes on with the next aggregate of the batch, or with what comes after the last. */
  const turnTo = (session: Session, step: string, after: string, turn = Number(session.my['turn']) + 1): string => {
    session.my['turn'] = turn;
    return turn < batchOf(session).length ? step : after;
  };

  const readEvents = (session: Session, aggregate: string, position: number): Read => {
    const beyond = session
      .keys(`event ${aggregate} `)
      .map(Number)
      .filter((sequence) => sequence > position);
    const sequences = protocol.keeps('only a contiguous prefix is taken in')
      ? contiguous(session, aggregate, position + 1, limit)
      : beyond.sort().slice(0, limit);
    return [aggregate, position, sequences, bodies(session, aggregate, sequences)];
  };

  const isBehind = (session: Session, copy: Copy, aggregate: string): boolean => {
    const position = session.number(`position ${copy.id} ${aggregate}`);
    if (Number(session.read(`parked ${copy.id} ${aggregate}`) ?? 0) > position) return false;
    const [, , [next]] = readEvents(session, aggregate, position);
    return next !== undefined && timestampOf(session, aggregate, next) > Number(session.my['seen'] ?? -1);
  };

  const oneStatement = !protocol.keeps('events are read in a later statement than the lock');
  const readsFirst = !protocol.keeps('a worker reads events after it has the lock');
  const snapshotFirst = !protocol.keeps('a snapshot is taken after the locks of tables');

  return {
    name,
    restarts: true,
    rests: ['looks for work'],
    steps: {
      'looks for work': (session) => {
        const work = copies(session)
          .filter((copy) => copy.version === version && copy.status !== 'retired')
          .flatMap((copy) => {
            const behind = aggregates(session).filter((aggregate) => isBehind(session, copy, aggregate));
            const batch = batches ? [behind] : behind.map((aggregate) => [aggregate]);
            return batch.filter(({ length }) => length > 0).map((ids) => ({ copy, ids }));
          });
        const { copy, ids } = session.pick(work);
        session.says(`${ids.join(' and ')} for copy ${copy.id}`);
        session.my = { ...session.my, copy: copy.id, status: copy.status, batch: ids, reads: [] };
        if (readsFirst)
          session.my['reads'] = ids.map((aggregate) =>
            readEvents(session, aggregate, session.number(positionKey(session, aggregate))),
          );
        session.my['turn'] = 0;
        return ids.some((aggregate) => session.read(positionKey(session, aggregate)) === undefined)
          ? 'adds the position if it is missing'
          : 'locks the position';
      },
      'adds the position if it is missing': {
        tables: ['positions shared'],
        run: (session) => {
          const key = positionKey(session, String(batchOf(session)[Number(session.my['turn'])]));
          if (session.read(key) === undefined) {
            session.insert(key, 0);
            session.says(key);
          }
          const next = turnTo(session, 'adds the position if it is missing', '');
          return next === '' ? turnTo(session, 'locks the position', '', 0) : next;
        },
      },
      'locks the position': {
        tables: snapshotFirst ? [] : ['positions shared'],
        sees: (key) => /^(?:position|copy) /.test(key) || (oneStatement && key.startsWith('event ')),
        run: (session) => {
          if (snapshotFirst) session.lockTable('positions shared');
          const aggregate = String(batchOf(session)[Number(session.my['turn'])]);
          const key = positionKey(session, aggregate);
          const locks = protocol.keeps('a worker locks the position');
          const position = locks ? session.lockUnlessLocked(key) : session.read(key);
          if (protocol.keeps('a worker checks the copy after it has the lock') && !isAsExpected(session))
            return idle(session);
          session.says(position === undefined ? `${key} is locked or gone` : `${key} is ${Number(position)}`);
          const reads = session.my['reads'] as readonly Read[];
          if (position === undefined) session.my['reads'] = reads.filter(([id]) => id !== aggregate);
          else if (!readsFirst)
            session.my['reads'] = [
              ...reads,
              oneStatement ? readEvents(session, aggregate, Number(position)) : [aggregate, Number(position), [], []],
            ];
          return turnTo(
            session,
            'locks the position',
            readsFirst || oneStatement ? 'takes them in' : 'reads the events',
          );
        },
      },
      'reads the events': (session) => {
        const reads = session.my['reads'] as readonly Read[];
        session.my['reads'] = reads.map(([aggregate, position]) => readEvents(session, aggregate, position));
        return 'takes them in';
      },
      'takes them in': (session) => {
        const taken: [string, number][] = [];
        for (const [aggregate, position, sequences, read] of session.my['reads'] as readonly Read[]) {
          const wrong = failing(session, aggregate, sequences);
          const good = wrong === undefined ? sequences.length : sequences.indexOf(wrong);
          const isLeftOut = wrong !== undefined && !protocol.keeps('what fails is parked');
          if (good === 0 && wrong !== undefined && !isLeftOut) {
            session.rollback();
            session.my = { copy: session.my['copy'] as string, parks: aggregate, wrong };
            return 'parks the aggregate';
          }
          if (sequences.length === 0) continue;
          const building = session.my['status'] === 'building' ? String(session.my['copy']) : undefined;
          apply(session, { version, building }, aggregate, read.slice(0, good));
          taken.push([aggregate, position + (isLeftOut ? good + 1 : good)]);
          session.says(`${aggregate} ${sequences.slice(0, good).join(' and ')}`);
        }
        if (taken.length === 0) return idle(session);
        session.my['taken'] = taken;
        session.my['turn'] = 0;
        if (protocol.keeps('the position moves in the transaction of the read model')) return movePositions(session);
        session.commit();
        return 'moves the position by itself';
      },
      'moves the position by itself': movePositions,
      commits: (session) => {
        session.commit();
        if (!protocol.keeps('discovery does not rely on timestamps'))
          for (const [aggregate, last] of session.my['taken'] as [string, number][])
            session.my['seen'] = Math.max(Number(session.my['seen'] ?? 0), timestampOf(session, aggregate, last));
        return idle(session);
      },
      'parks the aggregate': {
        tables: ['positions shared'],
        sees: (key) => /^(?:position|copy) /.test(key),
        run: (session) => {
          const [aggregate, wrong] = [String(session.my['parks']), Number(session.my['wrong'])];
          const place = `${String(session.my['copy'])} ${aggregate}`;
          if (session.lock(`position ${place}`, (now) => now === wrong - 1) !== undefined) {
            session.put(`parked ${place}`, () => wrong);
            session.says(`${aggregate} at ${wrong}`);
            session.commit();
          }
          return idle(session);
        },
      },
    },
  };

  function movePositions(session: Session): string {
    for (const [aggregate, last] of session.my['taken'] as [string, number][])
      session.put(positionKey(session, aggregate), () => last);
    return 'commits';
  }
}

/** The timestamp that an event was given before its commit: the number after an `@` in its body. */
function timestampOf(session: Session, aggregate: string, sequence: number): number {
  return Number(String(session.read(`event ${aggregate} ${sequence}`)).split('@')[1] ?? 0);
}
