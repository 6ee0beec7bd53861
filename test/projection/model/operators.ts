import { copies, forget } from './read-model.js';
import type { Protocol } from './rules.js';
import { type Session, WAIT } from './session.js';
import { DONE, type Program } from './program.js';

/** Options of an erasure. */
export interface EraseOptions {
  /** True to take a value out of the bodies instead of removing the events. @defaultValue false */
  readonly paths?: boolean;
}

/** Erases an aggregate, or a value from its bodies, in the log and in the read models. */
export function erasure(
  name: string,
  aggregate: string,
  protocol: Protocol,
  { paths = false }: EraseOptions = {},
): Program {
  const turn = (session: Session): string | undefined =>
    (session.my['copies'] as string[] | undefined)?.[Number(session.my['turn'])];
  const key = (session: Session): string => `position ${turn(session)} ${aggregate}`;
  const next = (session: Session): string => {
    session.my['turn'] = Number(session.my['turn']) + 1;
    return toLock(session);
  };
  const toLock = (session: Session): string => {
    if (turn(session) === undefined || !protocol.keeps('an erasure locks positions first')) return 'erases the events';
    return session.read(key(session)) === undefined &&
      protocol.keeps('an erasure locks positions that are not there yet')
      ? 'adds a missing position'
      : 'locks a position';
  };
  return {
    name,
    restarts: true,
    rests: [],
    steps: {
      'stops the writers': {
        tables: ['log exclusive'],
        run: () => (protocol.keeps('an erasure keeps new copies out') ? 'keeps new copies out' : 'looks at the copies'),
      },
      'keeps new copies out': { tables: ['copies exclusive'], run: () => 'looks at the copies' },
      'looks at the copies': {
        // The status is right until the end, because a switch has to wait from here on.
        tables: ['positions shared'],
        run: (session) => {
          const reached = copies(session).filter(
            ({ status }) =>
              status === 'live' || (status === 'building' && protocol.keeps('an erasure reaches building copies')),
          );
          session.my = { copies: reached.map(({ id }) => id), turn: 0 };
          return toLock(session);
        },
      },
      'adds a missing position': {
        tables: ['positions shared'],
        run: (session) => {
          session.insert(key(session), 0);
          return 'locks a position';
        },
      },
      'locks a position': {
        tables: ['positions shared'],
        sees: (row) => row.startsWith('position '),
        run: (session) => {
          session.lock(key(session));
          return next(session);
        },
      },
      'erases the events': (session) => {
        for (const sequence of session.keys(`event ${aggregate} `))
          session.put(`event ${aggregate} ${sequence}`, (body) => (paths ? `${String(body)}~` : undefined));
        return 'erases the read models';
      },
      'erases the read models': (session) => {
        for (const id of session.my['copies'] as string[]) {
          const isBuilding = copies(session).some((copy) => copy.id === id && copy.status === 'building');
          forget(session, isBuilding ? id : undefined, aggregate);
          const position = `position ${id} ${aggregate}`;
          if (
            session.read(position) !== undefined &&
            protocol.keeps(paths ? 'an erasure of paths begins the aggregate anew' : 'an erasure removes positions')
          )
            session.put(position, () => (paths ? 0 : undefined));
        }
        return 'commits';
      },
      commits: (session) => {
        session.commit();
        session.my = {};
        return DONE;
      },
    },
  };
}

/** Skips the event at which an aggregate is parked. */
export function skip(name: string, aggregate: string, protocol: Protocol, copy = '1'): Program {
  const place = `${copy} ${aggregate}`;
  return {
    name,
    restarts: false,
    rests: ['looks at what is parked'],
    steps: {
      'looks at what is parked': (session) => {
        const sequence = session.read(`parked ${place}`);
        if (sequence === undefined) throw WAIT;
        session.my = { sequence };
        return 'skips it';
      },
      'skips it': {
        tables: ['positions shared'],
        sees: (key) => key.startsWith('position '),
        run: (session) => {
          const sequence = Number(session.my['sequence']);
          session.my = {};
          const matches = (now: unknown) => now === sequence - 1 || !protocol.keeps('a skip matches the position');
          if (session.lock(`position ${place}`, matches) === undefined) return DONE;
          session.put(`position ${place}`, () => sequence);
          session.put(`parked ${place}`, () => undefined);
          if (protocol.keeps('a skip is recorded')) session.put(`skipped ${place} ${sequence}`, () => 'by an operator');
          session.says(`${aggregate} ${sequence}`);
          return 'commits';
        },
      },
      commits: (session) => {
        session.commit();
        return DONE;
      },
    },
  };
}

/** Mends the handler, and has a parked aggregate tried again. */
export function retry(name: string, aggregate: string, copy = '1'): Program {
  return {
    name,
    restarts: false,
    rests: ['waits until it is parked'],
    steps: {
      'waits until it is parked': (session) => {
        if (session.read(`parked ${copy} ${aggregate}`) === undefined) throw WAIT;
        session.put(`parked ${copy} ${aggregate}`, () => undefined);
        session.put('code', () => 'mended');
        session.commit();
        return DONE;
      },
    },
  };
}
