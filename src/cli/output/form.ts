import type { OutputFormat } from '../input/global-options.js';

/** Form of a result: ids alone (`--quiet`, which decides over `--output`), or the one that `--output` names. */
export type Form = 'ids' | OutputFormat;

/** The ways to give a result, one for each form. */
export interface Forms<Value> {
  /** @defaultValue as without `--quiet`, for a result that has no ids */
  readonly ids?: () => Value | Promise<Value>;
  readonly table: () => Value | Promise<Value>;
  /** One JSON document. */
  readonly json: () => Value | Promise<Value>;
  /** JSON lines. @defaultValue as `json`, for a result that is one line */
  readonly ndjson?: () => Value | Promise<Value>;
}
