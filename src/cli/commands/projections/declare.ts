import type { Command } from 'commander';
import type { CommandRunner } from '../../command-runner.js';
import { declareProjectionsDrop } from './drop/declare.js';
import { declareProjectionsRebuild } from './rebuild/declare.js';
import { declareProjectionsRetry } from './retry/declare.js';
import { declareProjectionsRun } from './run/declare.js';
import { declareProjectionsSkip } from './skip/declare.js';
import { declareProjectionsStatus } from './status/declare.js';
import { declareProjectionsVerify } from './verify/declare.js';

/** Declares `maestro projections` and the commands below it. */
export function declareProjections(program: Command, runner: CommandRunner): void {
  const projections = program
    .command('projections')
    .summary('see, run, rebuild and repair read models and subscriptions')
    .description(
      'See how far the read models and subscriptions of an application are behind the log, run them, rebuild and verify ' +
        'read models, repair what a handler failed on, and remove what the code no longer has.',
    )
    .addHelpText('after', `\nExample:\n  $ maestro projections status --exit-code`);
  declareProjectionsStatus(projections, runner);
  declareProjectionsRun(projections, runner);
  declareProjectionsRebuild(projections, runner);
  declareProjectionsVerify(projections, runner);
  declareProjectionsRetry(projections, runner);
  declareProjectionsSkip(projections, runner);
  declareProjectionsDrop(projections, runner);
}
