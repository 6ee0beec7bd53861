import { UsageError } from '../../errors.js';
import type { Invocation } from '../../invocation.js';
import { mended } from './completion-script.js';
import { describeCommands, printed } from './describe-commands.js';

/** Prints the script for a shell. */
export async function run(shell: string, _options: object, { output, options, program }: Invocation): Promise<void> {
  if (options.output !== 'table')
    throw new UsageError('A completion script is for a shell and has no JSON form.', { hint: 'Leave -o out.' });
  const script = printed(() => describeCommands(program).setup('maestro', 'maestro', shell));
  for (const line of mended(script, shell)) await output.line(line);
}
