/** Makes a value of the text of a body. */
export type ReadBody = (text: string) => unknown;

/** PostgreSQL's numbers for the types of the columns that are read here. */
const [BOOLEAN, BYTEA, NAME, BIGINT, INTEGER, TEXT, VARCHAR, JSONB] = [16, 17, 19, 20, 23, 25, 1043, 3802];

type ReadValue = (text: string) => unknown;

const untouched = (text: string) => text;

/** The values of a row as texts, but those that mean the same in every program. */
const VALUES: Readonly<Record<number, ReadValue>> = {
  [BOOLEAN]: (text) => text === 't',
  [BYTEA]: bytesOf,
  [INTEGER]: Number,
};
const TEXTS: Readonly<Record<number, ReadValue>> = {
  ...Object.fromEntries([BYTEA, NAME, BIGINT, INTEGER, TEXT, VARCHAR, JSONB].map((type) => [type, untouched])),
};

/** Parsers of drivers for what the server sends: `pg` asks one of them, PGlite looks into the other. */
interface ColumnReader {
  readonly types: { getTypeParser(type: number): ReadValue };
  readonly parsers: Readonly<Record<number, ReadValue>>;
}

/**
 * Reads columns in the same way whatever an application has told the driver of types, which holds for its whole process:
 * booleans, integers and bytes as what they are, and all else, times and large numbers too, as the text that the server sends.
 */
export const asValues: ColumnReader = readerOf(VALUES, { ...TEXTS, ...VALUES });

/** Has every column handed over as the text that the server sent, and `jsonb` as what is made of its text. */
export function asTextsWith(readBody: ReadBody): ColumnReader {
  const bodies = { [JSONB]: readBody };
  return readerOf(bodies, { ...TEXTS, ...bodies });
}

function readerOf(special: Readonly<Record<number, ReadValue>>, parsers: ColumnReader['parsers']): ColumnReader {
  return { types: { getTypeParser: (type) => special[type] ?? untouched }, parsers };
}

/** The bytes of a `bytea` as PostgreSQL prints it: in hex digits, or as it did before version 9 (`bytea_output`). */
export function bytesOf(text: string): Buffer {
  if (text.startsWith('\\x')) return Buffer.from(text.slice(2), 'hex');
  const bytes = text.replace(/\\(\\|[0-7]{3})/g, (_, code: string) =>
    code === '\\' ? code : String.fromCharCode(Number.parseInt(code, 8)),
  );
  return Buffer.from(bytes, 'latin1');
}
