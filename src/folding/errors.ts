import type { Definition } from '../aggregate/definition/definition.js';
import { InvalidArgumentError } from '../errors.js';
import type { Timestamp } from '../hlc/timestamp.js';
import { didYouMean } from '../nearest.js';

/** No definition of this name is configured. The hint names those that are; without any there is none. */
export class UnknownDefinitionError extends InvalidArgumentError {
  constructor(name: string, configured: readonly Definition[]) {
    const names = configured.map((definition) => definition.name);
    super(
      `No aggregate ${JSON.stringify(name)} is configured.`,
      names.length === 0
        ? {}
        : { hint: `${didYouMean(name, names)} The configured aggregates are ${names.join(', ')}.`.trim() },
    );
  }
}

/** Several configured definitions own an aggregate, so one has to be chosen by its name. */
export class SeveralOwnersError extends InvalidArgumentError {
  /** The names of the definitions that own it. */
  readonly owners: readonly string[];

  constructor(id: Timestamp, definitions: readonly Definition[]) {
    const owners = definitions.map(({ name }) => name);
    super(`${id.hex} belongs to several configured definitions: ${owners.join(', ')}.`);
    this.owners = owners;
  }
}
