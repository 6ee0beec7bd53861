/** A value without which a condition holds for no body that has no array on the way to it. */
export interface NeededValue {
  /** The keys that lead to the value. */
  readonly keys: readonly string[];
  /** The values, as JSON texts, of which it is one; more than one where the condition says "or". */
  readonly values: readonly string[];
}

const STRING = /"(?:[^"\\]|\\.)*"/y;
const STRINGS = new RegExp(STRING.source, 'g');
const LITERAL = new RegExp(`^(?:${STRING.source}|[+-]?\\d+(?:\\.\\d+)?|true|false|null)$`);
const COMPARISON = /^ (==|!=|<|>|<=|>=) (.*)$/s;
/** Parts of a jsonpath that fail as soon as they meet a body, which an index might keep them from: a variable, and a template of a time. */
const MAY_FAIL = /\$"|\.datetime\("/;

/** Characters of the longest jsonpath that is looked at: groups in each other are read by functions that call each other. */
const LONGEST = 4000;

/**
 * The values that a jsonpath needs, as PostgreSQL prints it: with all keys in quotation marks, and parentheses where they
 * count. What is not understood needs nothing, so that nothing is left out because of it.
 */
export function neededValues(jsonPath: string): readonly NeededValue[] {
  if (jsonPath.length > LONGEST || MAY_FAIL.test(jsonPath.replace(STRINGS, '""'))) return [];
  return ofCondition(jsonPath.replace(/^strict /, ''), undefined);
}

/** `at` are the keys that lead to `@`. */
function ofCondition(text: string, at: readonly string[] | undefined): readonly NeededValue[] {
  const alternatives = split(text, ' || ');
  if (alternatives.length > 1) return inEach(alternatives.map((part) => ofCondition(part, at)));
  const parts = split(text, ' && ');
  if (parts.length > 1) return parts.flatMap((part) => ofCondition(part, at));
  if (text.startsWith('(') && endOfGroup(text, 0) === text.length) return ofCondition(text.slice(1, -1), at);
  return ofPredicate(text, at);
}

function ofPredicate(text: string, at: readonly string[] | undefined): readonly NeededValue[] {
  if (text.startsWith('exists (') && endOfGroup(text, 'exists '.length) === text.length)
    return ofPredicate(text.slice('exists ('.length, -1), at);
  const [literal, mirrored] = split(text, ' == ');
  if (mirrored !== undefined && LITERAL.test(literal as string)) return ofPredicate(`${mirrored} == ${literal}`, at);
  const chain = readChain(text, at);
  const rest = text.slice(chain?.end);
  if (chain === undefined || rest === '') return chain?.needed ?? [];
  const [, operator, operand = ''] = COMPARISON.exec(rest) ?? [];
  if (!LITERAL.test(operand)) return [];
  if (operator !== '==' || chain.keys.length === 0) return chain.needed;
  return [...chain.needed, { keys: chain.keys, values: [operand.replace(/^\+/, '')] }];
}

/** Keys, one after the other, with filters between them: what it selects has passed them all. */
interface Chain {
  readonly keys: readonly string[];
  readonly needed: readonly NeededValue[];
  /** The place behind the chain. */
  readonly end: number;
}

function readChain(text: string, at: readonly string[] | undefined): Chain | undefined {
  const root = text.startsWith('$') ? [] : text.startsWith('@') ? at : undefined;
  if (root === undefined) return undefined;
  const keys = [...root];
  const needed: NeededValue[] = [];
  let end = 1;
  for (;;)
    if (text.startsWith('[*]', end)) end += '[*]'.length;
    else if (text.startsWith('?(', end)) {
      const close = endOfGroup(text, end + 1);
      needed.push(...ofCondition(text.slice(end + 2, close - 1), [...keys]));
      end = close;
    } else if (text.startsWith('."', end)) {
      const close = endOfString(text, end + 1);
      keys.push(JSON.parse(text.slice(end + 1, close)) as string);
      end = close;
    } else return { keys, needed, end };
}

/** Values that each of several lists has: a value at the same place, which is then one of all of them. */
function inEach([first = [], ...others]: readonly (readonly NeededValue[])[]): readonly NeededValue[] {
  return first.flatMap(({ keys, values }) => {
    const same = others.map((other) => other.find((needed) => isSamePath(needed.keys, keys)));
    if (same.includes(undefined)) return [];
    return [{ keys, values: [...values, ...same.flatMap((needed) => needed?.values ?? [])] }];
  });
}

/** True for the same keys in the same order. */
export function isSamePath(keys: readonly string[], others: readonly string[]): boolean {
  return keys.length === others.length && keys.every((key, place) => key === others[place]);
}

/** The parts of a text between separators that are in no string, parentheses or brackets. */
function split(text: string, separator: string): readonly string[] {
  const parts: string[] = [];
  let begin = 0;
  for (let place = 0; place < text.length; place = behind(text, place))
    if (text.startsWith(separator, place)) {
      parts.push(text.slice(begin, place));
      begin = place + separator.length;
    }
  return [...parts, text.slice(begin)];
}

/** The place behind the string, the group or the character at a place. */
function behind(text: string, place: number): number {
  if (text[place] === '"') return endOfString(text, place);
  return '([{'.includes(text[place] as string) ? endOfGroup(text, place) : place + 1;
}

/** The place behind the bracket that closes the one at a place. */
function endOfGroup(text: string, open: number): number {
  let place = open + 1;
  while (place < text.length && !')]}'.includes(text[place] as string)) place = behind(text, place);
  return place + 1;
}

function endOfString(text: string, open: number): number {
  STRING.lastIndex = open;
  return STRING.test(text) ? STRING.lastIndex : text.length;
}
