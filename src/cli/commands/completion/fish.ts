import { replaced } from './replaced.js';

/**
 * The words before the cursor, starting with the program to ask. Behind `npx` and other package runners that is the
 * installed program, because a runner is slow and may install something.
 */
const WORDS = `
function __maestro_words
    set -l args (commandline -opc)
    if test (count $args) -gt 0; and string match -qr '(^|/)(npx|bunx|npm|pnpm|yarn)$' -- $args[1]
        set -e args[1]
        while test (count $args) -gt 0; and string match -qr '^(-.*|exec|x|run)$' -- $args[1]
            set -e args[1]
        end
        if test (count $args) -eq 0; or not string match -qr '^maestro(-store)?$' -- $args[1]
            return 1
        end
        set args[1] (__maestro_installed); or return 1
    end
    printf '%s\\n' $args
end

function __maestro_installed
    set -l folder $PWD
    while test -n "$folder"
        if test -x "$folder/node_modules/.bin/maestro"
            echo "$folder/node_modules/.bin/maestro"
            return
        end
        set folder (string replace -r '/[^/]*$' '' -- $folder)
    end
    type -q maestro; and echo maestro
end
`;

/** A line of the script that completes a command with its functions. */
const RULE = /^complete (-k )?-c maestro -n '([^']*)'(.*)$/gm;
const RUNNERS = ['npx', 'bunx', 'npm', 'pnpm', 'yarn'];

/** The library's script for fish, extended to `npx maestro` and other package runners. */
export function fishScript(script: string): string {
  let mended = replaced(script, '    set -l args (commandline -opc)\n', '    set -l args (__maestro_words)\n');
  mended = replaced(mended, '(maestro complete -- ', '($args[1] complete -- ');
  const rules = [...script.matchAll(RULE)];
  const lines = RUNNERS.flatMap((runner) =>
    rules.map(
      ([, keep = '', condition, rest]) =>
        `complete ${keep}-c ${runner} -n '__maestro_words >/dev/null; and begin; ${condition}; end'${rest}`,
    ),
  );
  return `${mended}${WORDS}\n# Behind a package manager: npx maestro, pnpm exec maestro, …\n${lines.join('\n')}\n`;
}
