import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { NumberMode } from '../../json/types.js';

/** Keys and array indexes from a body inwards. */
type Path = readonly (string | number)[];

/** The schema that makes a bigint of any integer, by the library that it is of. */
const REMEDIES: Readonly<Record<string, string>> = {
  zod: 'z.coerce.bigint()',
  valibot: 'v.pipe(v.union([v.number(), v.bigint()]), v.transform((n) => BigInt(n)))',
  arktype: "type('number | bigint').pipe((n) => BigInt(n))",
};

const READ_AS: Readonly<Record<NumberMode, string>> = {
  plain: "With numbers: 'plain' every integer is read as a number, so let the schema make a bigint of it",
  lossless:
    "With numbers: 'lossless' an integer up to 2^53 is read as a number, and only a greater one as a bigint, so let the schema make a bigint of both",
};

/**
 * Advice about a body that fails a schema at `paths`, if it is because the schema asks for bigints where integers were read
 * as numbers; else `undefined`. Runs the schema again, on a body with bigints in those places.
 */
export function bigintAdvice(
  schema: StandardSchemaV1,
  body: unknown,
  paths: readonly Path[],
  numbers: NumberMode,
): string | undefined {
  const integers = paths.filter((path) => Number.isInteger(valueAt(body, path)));
  if (integers.length === 0) return undefined;
  const remaining = failingPaths(schema, integers.reduce(withBigint, body));
  if (remaining === undefined || integers.every((path) => remaining.has(textOf(path)))) return undefined;
  const { vendor } = schema['~standard'];
  const remedy = Object.hasOwn(REMEDIES, vendor) ? REMEDIES[vendor] : `as ${REMEDIES['zod']} does in Zod`;
  return `${READ_AS[numbers]}: ${remedy}`;
}

/** The keys of the path of an issue, as texts and numbers. */
export function keysOf({ path = [] }: StandardSchemaV1.Issue): (string | number)[] {
  const keys = path.map((segment) => (typeof segment === 'object' ? segment.key : segment));
  return keys.map((key) => (typeof key === 'symbol' ? String(key) : key));
}

/** The paths at which a body fails; `undefined` when the schema does not say. */
function failingPaths(schema: StandardSchemaV1, body: unknown): ReadonlySet<string> | undefined {
  try {
    const result = schema['~standard'].validate(body) as StandardSchemaV1.Result<unknown>;
    return new Set((result.issues ?? []).map((issue) => textOf(keysOf(issue))));
  } catch {
    return undefined;
  }
}

function textOf(path: Path): string {
  return JSON.stringify(path.map(String));
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (part, key) =>
      typeof part === 'object' && part !== null && Object.hasOwn(part, key)
        ? (part as Readonly<Record<string | number, unknown>>)[key]
        : undefined,
    value,
  );
}

/** A copy of a value with a bigint instead of the integer at a path. */
function withBigint(value: unknown, [key, ...rest]: Path): unknown {
  if (key === undefined) return BigInt(value as number);
  const part = (value as Readonly<Record<string | number, unknown>>)[key];
  if (Array.isArray(value)) return (value as unknown[]).with(Number(key), withBigint(part, rest));
  return { ...(value as object), [key]: withBigint(part, rest) };
}
