import { begun, DONE, type Program } from './program.js';
import { Session, WAIT } from './session.js';
import { encode, type ProcessState, type Rows, type State } from './state.js';

/** Processes that run beside each other, from rows that are there. */
export interface Scenario {
  readonly rows: Rows;
  readonly programs: readonly Program[];
  readonly kills: number;
  /** What is wrong with what is committed, or with its change. */
  readonly fault: (rows: Rows, before: Rows) => string | undefined;
  /** What is missing when nobody has anything to do any more. */
  readonly missing: (rows: Rows) => string | undefined;
}

/** What an exploration has come to: a fault with the shortest way to it, or none. */
export interface Exploration {
  readonly states: number;
  /** Number of states in which nobody has anything to do any more. */
  readonly ends: number;
  readonly fault: string | undefined;
  readonly trace: readonly string[];
}

interface Visit {
  readonly state: State;
  readonly from: Visit | undefined;
  readonly by: string;
  /** What leads here, but for kills. */
  readonly before: Visit[];
}

/** Explores all interleavings, shortest first, until there is a fault. */
export function explore({ rows, programs, kills, fault, missing }: Scenario): Exploration {
  const first: Visit = { state: { rows, processes: programs.map(begun), kills }, from: undefined, by: '', before: [] };
  const known = new Map([[encode(first.state), first]]);
  const queue: Visit[] = [first];
  const ends: Visit[] = [];
  const found = (text: string | undefined, visit?: Visit): Exploration => ({
    states: known.size,
    ends: ends.length,
    fault: text,
    trace: traceOf(visit),
  });
  // The queue grows while it is walked.
  for (const visit of queue) {
    let isEnd = true;
    for (const { state, by, isKill } of successors(visit.state, programs)) {
      const text = encode(state);
      let next = known.get(text);
      if (!isKill) {
        isEnd = false;
        next?.before.push(visit);
      }
      if (next !== undefined) continue;
      next = { state, from: visit, by, before: isKill ? [] : [visit] };
      known.set(text, next);
      const wrong = state.rows === visit.state.rows ? undefined : fault(state.rows, visit.state.rows);
      if (wrong !== undefined) return found(wrong, next);
      queue.push(next);
    }
    if (!isEnd) continue;
    ends.push(visit);
    const wrong = stuck(visit.state, programs) ?? missing(visit.state.rows);
    if (wrong !== undefined) return found(wrong, visit);
  }
  const hopeful = leadingTo(ends);
  const hopeless = queue.find((visit) => !hopeful.has(visit));
  return hopeless === undefined ? found(undefined) : found('from here on they go round in circles', hopeless);
}

/** All visits from which one of the ends can be reached without a kill. */
function leadingTo(ends: readonly Visit[]): Set<Visit> {
  const leading = new Set(ends);
  // The set grows while it is walked.
  for (const visit of leading) for (const before of visit.before) leading.add(before);
  return leading;
}

function stuck({ processes }: State, programs: readonly Program[]): string | undefined {
  const waiting = processes.flatMap(({ at }, index) => {
    const { name, rests } = programs[index] as Program;
    return at === DONE || rests.includes(at) ? [] : [`${name}, which ${at}`];
  });
  return waiting.length === 0 ? undefined : `they wait for each other for ever: ${waiting.join('; ')}`;
}

interface Successor {
  readonly state: State;
  readonly by: string;
  readonly isKill: boolean;
}

function* successors(state: State, programs: readonly Program[]): Generator<Successor> {
  for (const [index, process] of state.processes.entries()) {
    const program = programs[index] as Program;
    const replaced = (changed: ProcessState, rows = state.rows, kills = state.kills): State => ({
      rows,
      processes: state.processes.with(index, changed),
      kills,
    });
    if (process.at === DONE) continue;
    for (const { rows, process: changed, notes } of outcomes(state, index, program)) {
      const by = `${program.name} ${process.at}${notes === '' ? '' : `: ${notes}`}`;
      yield { state: replaced(changed, rows), by, isKill: false };
    }
    // Killing a process that has nothing to lose changes nothing.
    const fresh = begun(program);
    if (state.kills === 0 || process.at === fresh.at) continue;
    const after = program.restarts ? fresh : { ...fresh, at: DONE };
    yield { state: replaced(after, state.rows, state.kills - 1), by: `${program.name} is killed`, isKill: true };
  }
}

interface Outcome {
  readonly rows: Rows;
  readonly process: ProcessState;
  readonly notes: string;
}

/** All outcomes of the next step of a process, one for each of its choices; none when it has to wait. */
function* outcomes(state: State, index: number, { steps }: Program): Generator<Outcome> {
  const process = state.processes[index] as ProcessState;
  const step = steps[process.at];
  if (step === undefined) throw new Error(`There is no step '${process.at}'.`);
  const { run, tables = [], sees } = typeof step === 'function' ? { run: step } : step;
  const script: number[] = [];
  const sizes: number[] = [];
  for (;;) {
    let depth = 0;
    const session = new Session(state, index, (count) => {
      sizes[depth] = count;
      script[depth] ??= 0;
      return script[depth++] as number;
    });
    try {
      const isBegun = sees !== undefined && process.saw !== null;
      if (!isBegun) for (const table of tables) session.lockTable(table);
      if (sees !== undefined && !isBegun)
        yield { rows: state.rows, process: session.begun(process.at, sees), notes: 'begins' };
      else {
        const at = run(session);
        yield { ...session.result(at), notes: session.notes };
      }
    } catch (error) {
      if (error !== WAIT) throw error;
    }
    script.length = depth;
    while (script.length > 0 && (script.at(-1) as number) + 1 >= (sizes[script.length - 1] as number)) script.pop();
    if (script.length === 0) return;
    script[script.length - 1] = (script.at(-1) as number) + 1;
  }
}

function traceOf(visit: Visit | undefined): string[] {
  const trace: string[] = [];
  for (let at = visit; at?.from !== undefined; at = at.from) trace.unshift(at.by);
  return trace;
}
