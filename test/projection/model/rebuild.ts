import { aggregates, apply, bodies, contiguous, copies, TABLES } from './read-model.js';
import type { Protocol } from './rules.js';
import { type Session, WAIT } from './session.js';
import { DONE, type Program } from './program.js';

/** Registers copy 2, waits until workers have filled it, switches, and cleans up; after a kill it goes on from what it finds. */
export function rebuild(name: string, protocol: Protocol): Program {
  const status = (session: Session, id: string) => copies(session).find((copy) => copy.id === id)?.status;
  const again = (session: Session): string => {
    session.rollback();
    session.my = {};
    return 'looks at the copies';
  };
  const missingFrom = (session: Session): Record<string, readonly number[]> =>
    Object.fromEntries(
      aggregates(session)
        .filter((aggregate) => session.number(`position 1 ${aggregate}`) > session.number(`position 2 ${aggregate}`))
        .map((aggregate) => [aggregate, contiguous(session, aggregate, session.number(`position 2 ${aggregate}`) + 1)]),
    );
  const switchTable = (session: Session, table: string): void => {
    for (const copy of ['1', '2']) session.lockTable(`${table} ${copy} exclusive`);
    session.put(`place ${table} 1`, () => 'retired');
    session.put(`place ${table} 2`, () => 'live');
  };

  return {
    name,
    restarts: true,
    rests: ['finds nothing behind'],
    steps: {
      'looks at the copies': (session) => {
        if (status(session, '2') === undefined) return 'registers a copy';
        if (status(session, '2') === 'building') return 'finds nothing behind';
        return status(session, '1') === 'retired' ? 'drops the old tables' : DONE;
      },
      'registers a copy': {
        tables: ['copies shared'],
        run: (session) => {
          if (session.insert('copy 2', 'building 2'))
            for (const table of TABLES) session.insert(`place ${table} 2`, 'build');
          return 'commits the copy';
        },
      },
      'commits the copy': (session) => {
        session.commit();
        return again(session);
      },
      'finds nothing behind': (session) => {
        if (status(session, '2') !== 'building') return again(session);
        const isBehind = (aggregate: string) =>
          contiguous(session, aggregate, session.number(`position 2 ${aggregate}`) + 1, 1).length > 0;
        if (aggregates(session).some(isBehind)) throw WAIT;
        return protocol.keeps('locks of tables are taken in one order')
          ? 'locks the table of copies'
          : 'stops the movers';
      },
      // In the order of an erasure: the log, copies, positions.
      'locks the table of copies': { tables: ['copies shared'], run: () => 'stops the movers' },
      'stops the movers': {
        tables: protocol.keeps('the switch keeps movers out') ? ['positions exclusive'] : ['positions shared'],
        run: () => 'locks the copies',
      },
      'locks the copies': {
        sees: (key) => key.startsWith('copy '),
        run: (session) => {
          for (const id of ['1', '2']) session.lock(`copy ${id}`);
          return 'reads what is still missing';
        },
      },
      'reads what is still missing': (session) => {
        if (protocol.keeps('the switch checks the copies behind the barrier') && status(session, '2') !== 'building')
          return again(session);
        const missing = protocol.keeps('the switch takes in what is missing') ? missingFrom(session) : {};
        session.my = {};
        for (const [aggregate, sequences] of Object.entries(missing)) {
          session.my[aggregate] = sequences;
          session.my[`bodies of ${aggregate}`] = bodies(session, aggregate, sequences);
        }
        return 'takes it in and switches';
      },
      'takes it in and switches': {
        tables: ['copies shared'],
        run: (session) => {
          for (const [aggregate, sequences] of Object.entries(session.my)) {
            if (typeof sequences !== 'object' || aggregate.startsWith('bodies')) continue;
            const read = session.my[`bodies of ${aggregate}`] as string[];
            apply(session, { version: 2, building: '2' }, aggregate, read);
            session.put(`position 2 ${aggregate}`, () => (sequences as number[]).at(-1));
            session.says(`${aggregate} ${sequences.join(' and ')}`);
          }
          switchTable(session, 'owners');
          if (!protocol.keeps('the switch is one transaction')) return 'commits half of the switch';
          return finish(session);
        },
      },
      'commits half of the switch': (session) => {
        session.commit();
        return 'switches the other half';
      },
      'switches the other half': (session) => finish(session),
      'commits the switch': (session) => {
        session.commit();
        return again(session);
      },
      'drops the old tables': (session) => {
        for (const table of TABLES) {
          session.lockTable(`${table} 1 exclusive`);
          session.put(`place ${table} 1`, () => undefined);
          for (const aggregate of session.keys(`${table} 1 `)) session.put(`${table} 1 ${aggregate}`, () => undefined);
        }
        session.commit();
        return 'removes the old positions';
      },
      'removes the old positions': {
        tables: ['positions shared'],
        run: (session) => {
          for (const kind of ['position', 'parked'])
            for (const aggregate of session.keys(`${kind} 1 `)) session.put(`${kind} 1 ${aggregate}`, () => undefined);
          session.commit();
          return 'removes the old copy';
        },
      },
      'removes the old copy': {
        tables: ['copies shared'],
        run: (session) => {
          session.put('copy 1', () => undefined);
          session.commit();
          return again(session);
        },
      },
    },
  };

  function finish(session: Session): string {
    switchTable(session, 'totals');
    if (!protocol.keeps('the switch checks the copies behind the barrier') && status(session, '2') === 'live') {
      // A second switch: what is live by now goes where the old one went.
      for (const table of TABLES) session.put(`place ${table} 2`, () => 'retired');
    }
    session.put('copy 1', () => 'retired 1');
    session.put('copy 2', () => 'live 2');
    return 'commits the switch';
  }
}
