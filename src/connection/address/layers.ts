import type { Environment } from '../environment.js';
import { ConfigurationError } from '../errors.js';
import type { Fail } from './fail.js';
import { FIXED, type ParameterName, PARAMETERS, REQUIRE_SSL } from './parameters.js';

const EXAMPLE = 'Write it like postgres://user:password@host:5432/database?sslmode=verify-full.';

/** Parameters that come from one place. */
export interface Layer {
  /** The place, as the beginning of a sentence about one of its parameters. */
  readonly subject: (name: string) => string;
  readonly values: ReadonlyMap<string, string>;
}

/** Throws about a place; without a hint of its own, with an example of a URL. */
export function failAbout(subject: string): Fail {
  return (problem, hint = EXAMPLE) => {
    throw new ConfigurationError(`${subject} ${problem}.`, { hint });
  };
}

/** Parameters of a few words, for which nothing is none of them. */
const CHOICES = new Set(['sslmode', 'channel_binding', 'target_session_attrs', 'load_balance_hosts', 'sslnegotiation']);

/**
 * The parameters that environment variables hold. As for psql, a name or a number that is set to nothing counts as not set,
 * and a choice between words that is set to nothing is wrong.
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
  for (const [name, { variable }] of Object.entries(FIXED)) add(name, variable);
  if (!values.has('sslmode') && environment[REQUIRE_SSL] === '1') {
    values.set('sslmode', 'require');
    names['sslmode'] = REQUIRE_SSL;
  }
  return { subject: (name) => `The variable ${names[name] ?? name}`, values };
}

/** Parameters from several places, of which the first that has one counts. */
export class Layers {
  readonly #layers: readonly Layer[];

  /** Throws `ConfigurationError` for a parameter that cannot be honoured. */
  constructor(layers: readonly Layer[]) {
    this.#layers = layers;
    for (const [name, { same, instead }] of Object.entries(FIXED)) {
      const value = this.#find(name)?.values.get(name);
      if (value !== undefined && !same.includes(value)) {
        // Other values are numbers and names, but what was meant as a schema is part of the remedy.
        const hint = /schema/i.test(name) && /^\w{1,63}$/.test(value) ? `${instead} (--schema ${value})` : instead;
        this.fail(name)(`has the parameter ${name}, which Maestro does not support`, hint);
      }
    }
  }

  get(name: ParameterName): string | undefined {
    return this.#find(name)?.values.get(name);
  }

  /** True when two parameters come from one place. */
  areTogether(one: ParameterName, other: ParameterName): boolean {
    const place = this.#find(one);
    return place !== undefined && place === this.#find(other);
  }

  /** Throws about the place that a parameter comes from, or the first of all places. */
  fail(name: string): Fail {
    return failAbout((this.#find(name) ?? this.#layers[0])?.subject(name) ?? '');
  }

  #find(name: string): Layer | undefined {
    return this.#layers.find(({ values }) => values.has(name));
  }
}
