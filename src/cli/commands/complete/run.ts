import type { Invocation } from '../../invocation.js';
import { describeCommands, printed, takesFile } from '../completion/describe-commands.js';
import { configuredValues } from './configured-values.js';

/** Directive for the scripts: offer files. */
const OFFER_FILES = ':0';

/** Prints the completions of the last word. */
export async function run(words: readonly string[], _options: object, { program, context }: Invocation): Promise<void> {
  const configured = await configuredValues(words, context);
  const lines =
    configured ??
    (takesFile(program, words.at(-2)) ? [OFFER_FILES] : printed(() => describeCommands(program).parse([...words])));
  await context.stdout.write(lines.map((line) => `${line}\n`).join(''));
}
