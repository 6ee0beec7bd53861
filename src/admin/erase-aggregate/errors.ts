import { type ErrorCode, MaestroError } from '../../errors.js';

/** Nothing was erased: the aggregate is not as expected, a read model would keep it, or rows were still there afterwards. */
export class EraseRefusedError extends MaestroError {
  readonly code = 'MAESTRO_ERASE_REFUSED' satisfies ErrorCode;
}

/** The connection broke while an erasure was being committed: either all of it was erased, or nothing. */
export class EraseInterruptedError extends MaestroError {
  readonly code = 'MAESTRO_ERASE_INTERRUPTED' satisfies ErrorCode;
}
