import { isDeeperThan } from './depth.js';
import { parseJsonText } from '../parse.js';
import { printJson } from '../print.js';

/** Deepest nesting that is still indented: each level indents its lines further. */
const MAX_INDENTED_DEPTH = 1000;

/** JSON text on several lines, its numbers digit for digit; unchanged when it is nested too deeply. */
export function indented(json: string): string {
  if (isDeeperThan(json, MAX_INDENTED_DEPTH)) return json;
  return printJson(parseJsonText(json), 2);
}
