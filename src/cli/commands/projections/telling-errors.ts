import { MaestroError } from '../../../errors.js';
import { WorkerFailedError } from '../../../projection/worker/errors.js';
import type { Output } from '../../output/output.js';
import { counted } from '../../../text/figures.js';

/** Errors of a worker, which go on for as long as it runs. */
export interface ToldErrors {
  /** Warns of an error of the worker. */
  readonly tell: (error: unknown) => void;
  /** Says how many were left out. */
  end(): Promise<void>;
}

/** Number of errors that programs get, whose warnings are kept until the end. */
const MOST = 100;

/** Warns of what goes wrong in a worker, as it happens; for programs, of the first ones. */
export function tellingErrors(output: Output): ToldErrors {
  let told = 0;
  return {
    tell: (error) => {
      // The command itself ends with it.
      if (error instanceof WorkerFailedError) return;
      told += 1;
      if (output.form === 'json' || output.form === 'ndjson' ? told <= MOST : true) void output.warn(textOf(error));
    },
    end: async () => {
      if (output.form === 'table' || output.form === 'ids' || told <= MOST) return;
      await output.warn(
        `${counted(told - MOST, 'further error')} of the worker ${told === MOST + 1 ? 'is' : 'are'} not shown.`,
      );
    },
  };
}

function textOf(error: unknown): string {
  if (error instanceof MaestroError) return [sentence(error.message), error.hint].filter(Boolean).join(' ');
  return error instanceof Error ? error.message : String(error);
}

/** The message of a handler may end it, and that may have no full stop. */
function sentence(message: string): string {
  return /[.!?…]$/.test(message) ? message : `${message}.`;
}
