import { encodeJson } from '../../json/encode/encode.js';
import { InvalidJsonError, parseJsonText } from '../../json/parse.js';
import { InputError, UsageError } from '../errors.js';

/**
 * Parses the values of `--replace` into JSON texts by path: `"gone"` is for all paths, `/email="gone"` for one of them.
 * Throws {@link UsageError} for an unknown path or two values for one, and {@link InputError} for text that is not JSON.
 */
export function parseReplacements(values: readonly string[], paths: readonly string[]): Record<string, string> {
  const own = new Map<string, string>();
  let all: string | undefined;
  for (const value of values) {
    // A path may have a "=" in it, and another may begin like it.
    const [path] = paths.filter((each) => value.startsWith(`${each}=`)).sort((a, b) => b.length - a.length);
    if (path === undefined && value.startsWith('/'))
      throw new UsageError(`--replace ${value} does not begin with a path of --paths.`, {
        hint: 'Write --replace \'"gone"\' for all paths, or --replace /owner/email=\'"gone"\' for one of them.',
      });
    const json = jsonOf(path === undefined ? value : value.slice(path.length + 1));
    if (path === undefined ? all !== undefined : own.has(path))
      throw new UsageError(`--replace gives two values for ${path ?? 'all paths'}.`);
    if (path === undefined) all = json;
    else own.set(path, json);
  }
  const inner = paths.find((path) => paths.some((outer) => path.startsWith(`${outer}/`)));
  if (inner !== undefined && values.length > 0)
    throw new UsageError(`${inner} is inside another path of --paths, so it is not clear which value belongs there.`, {
      hint: 'With --replace, no path may be inside another one.',
    });
  return Object.fromEntries(
    paths.flatMap((path) => {
      const json = own.get(path) ?? all;
      return json === undefined ? [] : [[path, json]];
    }),
  );
}

function jsonOf(text: string): string {
  const hint = 'Write it like \'"gone"\', with its quotation marks, or null, 0 or {}.';
  try {
    const encoded = encodeJson(parseJsonText(text));
    if ('text' in encoded) return encoded.text;
    throw new InputError(`The value of --replace ${encoded.faults[0]?.message ?? 'is no JSON'}.`, { hint });
  } catch (error) {
    if (!(error instanceof InvalidJsonError)) throw error;
    throw new InputError(error.message.replace(/^This/, 'The value of --replace'), { hint, cause: error });
  }
}
