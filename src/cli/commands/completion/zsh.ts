import { replaced } from './replaced.js';

/** The beginning of the function: handles words behind `npx` and `bunx`. */
const BEGIN = `_maestro() {
    local program=maestro
    if [[ \${words[1]:t} == (npx|bunx) ]]; then
        local -i at=2
        while (( at < CURRENT )) && [[ \${words[at]} == -* ]]; do (( at++ )); done
        if (( at >= CURRENT )) || [[ \${words[at]} != (maestro|maestro-store) ]]; then
            _default
            return
        fi
        # The installed program that would be run: npx takes longer, and may install something.
        local folder=$PWD
        while [[ -n $folder && ! -x $folder/node_modules/.bin/maestro ]]; do folder=\${folder%/*}; done
        if [[ -n $folder ]]; then program=$folder/node_modules/.bin/maestro; elif (( ! $+commands[maestro] )); then return 1; fi
        words=( maestro "\${(@)words[at+1,-1]}" )
        (( CURRENT -= at - 1 ))
    fi
`;

/** The library's script for zsh, extended to `npx maestro` and `bunx maestro`. */
export function zshScript(script: string): string {
  let mended = replaced(
    script,
    '#compdef maestro\ncompdef _maestro maestro',
    '#compdef maestro npx bunx\ncompdef _maestro maestro npx bunx',
  );
  mended = replaced(mended, '\n_maestro() {\n', `\n${BEGIN}`);
  return replaced(mended, '"maestro complete -- ', '"${(q)program} complete -- ');
}
