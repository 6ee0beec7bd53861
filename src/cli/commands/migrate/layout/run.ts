import { UsageError } from '../../../errors.js';
import { DONE, type ExitCode } from '../../../exit-codes.js';
import type { Invocation } from '../../../invocation.js';
import { cancel } from './cancel.js';
import { execute } from './execute.js';
import { showPlan } from './show-plan.js';

/** The options of `maestro migrate layout`. */
export interface LayoutCommandOptions {
  readonly partitions?: number;
  readonly plain?: true;
  readonly execute?: true;
  readonly cancel?: true;
  /** Milliseconds. */
  readonly lockTimeout?: number;
}

/** Shows the plan of a change of the layout, carries it out with `--execute`, or removes what is left of one with `--cancel`. */
export async function run(options: LayoutCommandOptions, invocation: Invocation): Promise<ExitCode> {
  assertOneWish(options);
  const { partitions = 1, lockTimeout } = options;
  if (options.cancel) await cancel({ lockTimeout }, invocation);
  else if (options.execute) await execute({ partitions, lockTimeout }, invocation);
  else return await showPlan({ partitions, lockTimeout }, invocation);
  return DONE;
}

function assertOneWish({ partitions, plain, execute, cancel }: LayoutCommandOptions): void {
  if (cancel && (partitions !== undefined || plain || execute))
    throw new UsageError('--cancel keeps the layout, so it goes without --partitions, --plain and --execute.', {
      hint: 'Leave them out, or leave out --cancel.',
    });
  if (!cancel && (partitions === undefined) === (plain === undefined))
    throw new UsageError('Which layout is the event log to have?', {
      hint: 'Write either --partitions with a number, or --plain for one table.',
    });
}
