import type { Environment } from '../environment.js';
import { ConfigurationError } from '../errors.js';
import type { Fail } from './fail.js';
import { UNSUPPORTED_PARAMETERS, type ParameterName, PARAMETERS, REQUIRE_SSL } from './parameters.js';

const EXAMPLE = 'Write it like postgres://user:password@host:5432/database?sslmode=verify-full.';

/** Connection parameters from one source: a URL, a service file or the environment. */
export interface Layer {
  /** The source as the subject of a sentence about one of its parameters, such as `The database URL of --url`. */
  readonly subject: (name: string) => string;
  readonly values: ReadonlyMap<string, string>;
}

/** A {@link Fail} whose messages begin with `subject`, and whose hint is an example of a URL unless another is given. */
export function failAbout(subject: string): Fail {
  return (problem, hint = EXAMPLE) => {
    throw new ConfigurationError(`${subject} ${problem}.`, { hint });
  };
}

/** Parameters with a fixed set of words as values; the empty text is not one of them. */
const CHOICES = new Set(['sslmode', 'channel_binding', 'target_session_attrs', 'load_balance_hosts', 'sslnegotiation']);

/**
 * The parameters in the environment variables. As for psql, an empty variable counts as not set, unless its values are a
 * fixed set of words: then it is an error.
 */
export function environmentLayer(environment: Environment): Layer {
  const names: Record<string, string> = {};
  const values = new Map<string, string>();
  const add = (name: string, variable: string | undefined) => {
    const value = variable === undefined ? undefined : environment[variable];
    if (value === undefined || variable === undefined || (value === '' && !CHOICES.has(name))) return;
    values.set(name, value);
    names[name] = variable;
  };
  for (const [name, variable] of Object.entries(PARAMETERS)) add(name, variable);
  for (const [name, { variable }] of Object.entries(UNSUPPORTED_PARAMETERS)) add(name, variable);
  if (!values.has('sslmode') && environment[REQUIRE_SSL] === '1') {
    values.set('sslmode', 'require');
    names['sslmode'] = REQUIRE_SSL;
  }
  return { subject: (name) => `The variable ${names[name] ?? name}`, values };
}

/** Connection parameters from several sources; for each parameter the first source that has it wins. */
export class Layers {
  readonly #layers: readonly Layer[];

  /** Throws `ConfigurationError` for a parameter that Maestro does not support. */
  constructor(layers: readonly Layer[]) {
    this.#layers = layers;
    for (const [name, { harmless, hint: advice }] of Object.entries(UNSUPPORTED_PARAMETERS)) {
      const value = this.#find(name)?.values.get(name);
      if (value !== undefined && !harmless.includes(value)) {
        // A value is never shown, except the name of a schema, which is to be repeated elsewhere.
        const hint = /schema/i.test(name) && /^\w{1,63}$/.test(value) ? `${advice} (--schema ${value})` : advice;
        this.fail(name)(`has the parameter ${name}, which Maestro does not support`, hint);
      }
    }
  }

  get(name: ParameterName): string | undefined {
    return this.#find(name)?.values.get(name);
  }

  /** True when two parameters come from the same source. */
  haveSameSource(one: ParameterName, other: ParameterName): boolean {
    const source = this.#find(one);
    return source !== undefined && source === this.#find(other);
  }

  /** A {@link Fail} about the source that a parameter comes from, or about the first source. */
  fail(name: string): Fail {
    return failAbout((this.#find(name) ?? this.#layers[0])?.subject(name) ?? '');
  }

  #find(name: string): Layer | undefined {
    return this.#layers.find(({ values }) => values.has(name));
  }
}
