import type { Knex } from 'knex';
import { onStatement } from '../../store/driver/statement-events.js';
import type { OutputStream } from '../context.js';
import { escapeText } from '../../text/escape.js';

/** Prints every statement and its duration to standard error, without values, which may be private. */
export function traceQueries(knex: Knex, stderr: OutputStream): void {
  onStatement(knex, ({ sql, duration, failed }) => {
    const text = escapeText(sql.replace(/\s+/g, ' '));
    void stderr.write(`sql: ${text} (${duration.toFixed(1)} ms${failed ? ', failed' : ''})\n`);
  });
}
