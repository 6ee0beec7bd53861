import type { Command } from 'commander';
import type { CommandRunner } from '../command-runner.js';
import { declareAggregates } from './aggregates/declare.js';
import { declareAppend } from './append/declare.js';
import { declareBisect } from './bisect/declare.js';
import { declareCheck } from './check/declare.js';
import { declareCommands } from './commands/declare.js';
import { declareComplete } from './complete/declare.js';
import { declareCompletion } from './completion/declare.js';
import { declareDiff } from './diff/declare.js';
import { declareDoctor } from './doctor/declare.js';
import { declareErase } from './erase/declare.js';
import { declareEvent } from './event/declare.js';
import { declareEvents } from './events/declare.js';
import { declareExport } from './export/declare.js';
import { declareHelp } from './help/declare.js';
import { declareId } from './id/declare.js';
import { declareImport } from './import/declare.js';
import { declareMigrate } from './migrate/declare.js';
import { declareProjections } from './projections/declare.js';
import { declareReplay } from './replay/declare.js';
import { declareSearch } from './search/declare.js';
import { declareSnapshot } from './snapshot/declare.js';
import { declareStats } from './stats/declare.js';
import { declareStep } from './step/declare.js';
import { declareTail } from './tail/declare.js';
import { declareTrace } from './trace/declare.js';
import { declareTypes } from './types/declare.js';
import { declareUi } from './ui/declare.js';
import { declareVerify } from './verify/declare.js';

/** Declares one command, and those below it. */
export type DeclareCommand = (program: Command, runner: CommandRunner) => void;

/** All commands, as the help groups and lists them. */
export const COMMANDS: readonly { readonly heading: string; readonly commands: readonly DeclareCommand[] }[] = [
  {
    heading: 'One aggregate:',
    commands: [
      declareEvents,
      declareReplay,
      declareStep,
      declareDiff,
      declareBisect,
      declareSnapshot,
      declareAppend,
      declareId,
    ],
  },
  {
    heading: 'The whole log:',
    commands: [
      declareUi,
      declareAggregates,
      declareSearch,
      declareEvent,
      declareTrace,
      declareTail,
      declareStats,
      declareTypes,
      declareVerify,
      declareCheck,
      declareExport,
      declareImport,
      declareErase,
      declareCommands,
    ],
  },
  {
    heading: 'Read models:',
    commands: [declareProjections],
  },
  {
    heading: 'The database:',
    commands: [declareMigrate, declareDoctor],
  },
  {
    heading: 'This tool:',
    commands: [declareCompletion, declareComplete, declareHelp],
  },
];
