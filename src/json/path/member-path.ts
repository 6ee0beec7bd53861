/** A step of a path to a member: its key, bare or as a JSON string. */
const STEP = /\.(?:([\p{L}_$][\p{L}\p{N}_$]*)|("(?:[^"\\]|\\.)*"))/uy;
/** A key that is written bare: what PostgreSQL takes for a key in every version. */
const BARE = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * The keys of a jsonpath that names one member after the other, such as `$.owner."full name"`; `undefined` for any other text, also
 * for `$` alone.
 */
export function memberPath(text: string): readonly string[] | undefined {
  const path = text.trim();
  if (!path.startsWith('$.')) return undefined;
  const keys: string[] = [];
  for (let place = 1; place < path.length; place = STEP.lastIndex) {
    STEP.lastIndex = place;
    const [, bare, quoted] = STEP.exec(path) ?? [];
    const key = bare ?? (quoted === undefined ? undefined : stringOf(quoted));
    if (key === undefined) return undefined;
    keys.push(key);
  }
  return keys;
}

/** The jsonpath of the member to which keys lead. */
export function memberPathText(keys: readonly string[]): string {
  return `$${keys.map((key) => `.${BARE.test(key) ? key : JSON.stringify(key)}`).join('')}`;
}

function stringOf(json: string): string | undefined {
  try {
    return JSON.parse(json) as string;
  } catch {
    return undefined;
  }
}
