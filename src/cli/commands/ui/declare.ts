import { type Command, InvalidArgumentError } from 'commander';
import type { CommandRunner } from '../../command-runner.js';
import { integer } from '../../input/arguments.js';

/** The port, when no other is asked for. */
const PORT = 4680;

/** Declares `maestro ui`. */
export function declareUi(program: Command, runner: CommandRunner): void {
  program
    .command('ui')
    .summary('show the histories in a browser')
    .description(
      'Serve pages that show the log, until Ctrl-C. The address is printed, with a token without which nobody is admitted; in ' +
        'a terminal it is opened in the browser, too. The pages only read, and so does their session.',
    )
    .option('--port <number>', 'port to listen on; when it is taken, the next free one', integer(0, 65_535), PORT)
    .option('--host <address>', 'address to listen on; any but the default lets others in', address, '127.0.0.1')
    .option('--label <words>', 'name of the database on every page, such as production', label)
    .option('--no-open', 'do not open the browser')
    .addHelpText(
      'after',
      `
Examples:
  $ maestro ui
  $ maestro ui --label production --url postgres://reader@db.example/app
  $ maestro ui --no-open --port 8080`,
    )
    .action(runner.lazy(() => import('./run.js')));
}

function address(text: string): string {
  if (/^[\w.:-]+$/.test(text)) return text;
  throw new InvalidArgumentError('is not an address of this machine. Write 127.0.0.1, or a name without a port.');
}

function label(text: string): string {
  if (/^\P{C}{1,40}$/u.test(text)) return text;
  throw new InvalidArgumentError('is not a label. Write a word or two of at most 40 characters.');
}
