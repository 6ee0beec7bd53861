import { type ErrorCode, MaestroError } from '../../errors.js';
import { pathText } from '../../json/path/path-text.js';
import type { Definition } from '../definition/definition.js';
import type { Difference } from './first-difference.js';

/**
 * A state would be another one after it is stored as a snapshot and read again, so the snapshot was refused. Events are
 * not concerned.
 */
export class SnapshotLossError extends MaestroError {
  readonly code = 'MAESTRO_SNAPSHOT_LOSS' satisfies ErrorCode;
  /** Path to the first difference, such as `state.balance`. */
  readonly path: string;

  constructor(
    definition: Pick<Definition, 'name' | 'snapshot' | 'file'>,
    /** The aggregate, in hex digits. */ readonly aggregateId: string,
    /** The sequence of the last event in the state. */ readonly sequence: number,
    { path, kind, message }: Difference,
  ) {
    const { name, file } = definition;
    const at = pathText('state', path);
    super(
      `The state of the aggregate ${name} at sequence ${sequence} of ${aggregateId} would change when a snapshot of it is stored and read: ${at} ${message}.`,
      {
        hint: `No snapshot was stored. ${remedy(definition, kind)}${file === undefined ? '' : ` The aggregate ${name} is defined in ${file}.`}`,
      },
    );
    this.path = at;
  }
}

/** The advice on how to change the definition. */
function remedy({ snapshot }: Pick<Definition, 'snapshot'>, kind: string): string {
  if (kind === 'a mark') return 'Rename that key, or give the snapshots a version.';
  if (snapshot.encode !== undefined && snapshot.decode !== undefined)
    return 'snapshot.decode must return the same state from the JSON that snapshot.encode returned.';
  const both = 'Give the definition snapshot.encode and snapshot.decode, which turn the state into JSON and back';
  if (kind === 'a bigint')
    return `${both}: String(value) and BigInt(text), for a bigint. With numbers: 'lossless' only integers beyond 2^53 are read as bigint.`;
  if (kind === 'an ExactNumber')
    return `${both}, or read the numbers with numbers: 'lossless', which keeps those that a JavaScript number cannot hold.`;
  return `${both}.`;
}

/**
 * A stored snapshot is not the state that the handlers make of the events, or handlers fail on it, so it was not used.
 */
export class SnapshotIgnoredError extends MaestroError {
  readonly code = 'MAESTRO_SNAPSHOT_IGNORED' satisfies ErrorCode;

  constructor(
    /** The aggregate, in hex digits. */ readonly aggregateId: string,
    /** The sequence of the snapshot. */ readonly sequence: number,
    problem: string,
    cause: unknown,
  ) {
    super(
      `The stored snapshot of ${aggregateId} at sequence ${sequence} was not used, and its history was folded from the first event: ${problem}`,
      {
        hint: `\`maestro snapshot verify ${aggregateId}\` compares it with the events; with --fix it stores the right state instead, and \`maestro snapshot delete\` removes it.`,
        cause,
      },
    );
  }
}
