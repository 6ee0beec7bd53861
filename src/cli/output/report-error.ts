import { MaestroError } from '../../errors.js';
import type { CliContext } from '../context.js';
import type { GlobalOptions } from '../input/global-options.js';
import { addDatabaseFlags } from './add-database-flags.js';
import { escapeJson, escapeText } from '../../text/escape.js';
import { withoutPasswords } from '../../text/without-passwords.js';
import { wrapped } from './terminal.js';

/** Options for printing an error. */
export interface ErrorReport {
  /** Print it as one JSON object, for programs. */
  readonly json: boolean;
  /** Add PostgreSQL's details, the causes and the stack trace. */
  readonly verbose: boolean;
  /** The global options, which are added to commands in the hint. */
  readonly flags?: Partial<GlobalOptions>;
  /** A part of the result was printed before. @defaultValue false */
  readonly isPartial?: boolean;
  /** Notes and warnings that were held back; for JSON. @defaultValue none */
  readonly warnings?: readonly string[];
}

/** Writes an error with its hint to standard error, without passwords; in a terminal wrapped between words. */
export async function reportError(
  context: CliContext,
  error: unknown,
  { json, verbose, flags = {}, isPartial = false, warnings = [] }: ErrorReport,
): Promise<void> {
  const { code, message, hint: plainHint } = facts(error);
  const hint = plainHint && addDatabaseFlags(plainHint, flags);
  if (json) {
    const shown = {
      code,
      message: withoutPasswords(message),
      hint: hint && withoutPasswords(hint),
      partial: isPartial || undefined,
      warnings: warnings.length === 0 ? undefined : warnings.map((text) => withoutPasswords(text)),
    };
    await context.stderr.write(`${escapeJson(JSON.stringify({ error: shown }))}\n`);
  } else {
    const { columns } = context.stderr;
    await context.stderr.write(`${wrapped(`error: ${lines(message)}`, columns)}\n`);
    if (hint !== undefined) await context.stderr.write(`${wrapped(`hint: ${lines(hint)}`, columns)}\n`);
    if (isPartial) await context.stderr.write('note: the output before this error is incomplete\n');
  }
  if (verbose && !json) await context.stderr.write(details(error));
}

function facts(error: unknown): { code: string; message: string; hint: string | undefined } {
  if (error instanceof MaestroError) return { code: error.code, message: error.message, hint: error.hint };
  return {
    code: 'MAESTRO_DEFECT',
    message: `This is a defect in Maestro: ${error instanceof Error ? error.message : String(error)}`,
    hint: 'Please report it, with the command and what `-v` prints.',
  };
}

/** The stack traces of an error and its causes, with PostgreSQL's details. */
function details(error: unknown): string {
  let text = '';
  for (let current = error; current instanceof Error; current = current.cause) {
    text += `${text === '' ? '' : 'caused by: '}${lines(current.stack ?? current.message)}\n`;
    const { detail } = current as { detail?: unknown };
    if (typeof detail === 'string') text += `detail: ${lines(detail)}\n`;
    for (const part of partsOf(current)) text += `part of it: ${lines(part.stack ?? part.message)}\n`;
  }
  return text;
}

/** The errors in an `AggregateError`, which Node.js throws when a host has several addresses. */
function partsOf(error: Error): Error[] {
  const { errors } = error as Partial<AggregateError>;
  return Array.isArray(errors) ? errors.filter((part) => part instanceof Error) : [];
}

function lines(text: string): string {
  return withoutPasswords(text).split('\n').map(escapeText).join('\n');
}
