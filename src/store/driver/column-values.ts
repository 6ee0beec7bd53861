/** Makes a value of the text of a body. */
export type ReadBody = (text: string) => unknown;

/** PostgreSQL's numbers for the types of the columns that are read here. */
const [BOOLEAN, BYTEA, NAME, BIGINT, INTEGER, TEXT, VARCHAR, JSONB] = [16, 17, 19, 20, 23, 25, 1043, 3802];

type ReadValue = (text: string) => unknown;

const untouched = (text: string) => text;

/** Values that mean the same in every program; all others, times and large numbers too, stay the text that the server sends. */
const VALUES: Readonly<Record<number, ReadValue>> = {
  [BOOLEAN]: (text) => text === 't',
  [BYTEA]: bytesOf,
  [INTEGER]: Number,
};
/** For PGlite: the types whose text is left as it is. */
const TEXTS: Readonly<Record<number, ReadValue>> = Object.fromEntries(
  [BYTEA, NAME, BIGINT, INTEGER, TEXT, VARCHAR, JSONB].map((type) => [type, untouched]),
);

/** Option of `pg` for a statement: it asks for the parser of each column. */
export interface PgColumns {
  readonly types: { getTypeParser(type: number): ReadValue };
}

/** Option of PGlite for a statement: it looks the parser of each column up. */
export interface PgliteColumns {
  readonly parsers: Readonly<Record<number, ReadValue>>;
}

const PG_VALUES: PgColumns = pgParsers(VALUES);
const PGLITE_VALUES: PgliteColumns = { parsers: { ...TEXTS, ...VALUES } };

/**
 * Reads columns in the same way whatever an application has told `pg` of types, which holds for its whole process:
 * booleans, integers and bytes as what they are, and all else as text; with `readBody` every column as the text that the
 * server sent, and `jsonb` as what that makes of its text.
 */
export function pgColumns(readBody: ReadBody | undefined): PgColumns {
  return readBody === undefined ? PG_VALUES : pgParsers({ [JSONB]: readBody });
}

/** The same for PGlite. */
export function pgliteColumns(readBody: ReadBody | undefined): PgliteColumns {
  return readBody === undefined ? PGLITE_VALUES : { parsers: { ...TEXTS, [JSONB]: readBody } };
}

function pgParsers(special: Readonly<Record<number, ReadValue>>): PgColumns {
  return { types: { getTypeParser: (type) => special[type] ?? untouched } };
}

/** The bytes of a `bytea` as PostgreSQL prints it: in hex digits, or as it did before version 9 (`bytea_output`). */
export function bytesOf(text: string): Buffer {
  if (text.startsWith('\\x')) return Buffer.from(text.slice(2), 'hex');
  const bytes = text.replace(/\\(\\|[0-7]{3})/g, (_, code: string) =>
    code === '\\' ? code : String.fromCharCode(Number.parseInt(code, 8)),
  );
  return Buffer.from(bytes, 'latin1');
}
