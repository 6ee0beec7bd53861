import type { Command } from 'commander';
import type { CommandRunner } from '../../command-runner.js';
import { declareSnapshotCreate } from './create/declare.js';
import { declareSnapshotDelete } from './delete/declare.js';
import { declareSnapshotGet } from './get/declare.js';
import { declareSnapshotPut } from './put/declare.js';
import { declareSnapshotVerify } from './verify/declare.js';

/** Declares `maestro snapshot` and the commands below it. */
export function declareSnapshot(program: Command, runner: CommandRunner): void {
  const snapshot = program
    .command('snapshot')
    .summary('read, store, verify and delete snapshots')
    .description('Read, store, verify and delete the snapshot of an aggregate: its state at one sequence.')
    .addHelpText('after', `\nExample:\n  $ maestro snapshot get 01a207704b600000deadbeefcafef00d`);
  declareSnapshotGet(snapshot, runner);
  declareSnapshotPut(snapshot, runner);
  declareSnapshotCreate(snapshot, runner);
  declareSnapshotVerify(snapshot, runner);
  declareSnapshotDelete(snapshot, runner);
}
