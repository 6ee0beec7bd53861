import { replaced } from './replaced.js';

/**
 * Splits the typed line into words. The library uses a function of the package bash-completion, which many machines lack,
 * and which would run commands in `$(…)` at every press of the tab key.
 */
const WORDS = `
__maestro_words() {
    local line=\${COMP_LINE:0:COMP_POINT} word
    local -a typed
    read -r -a typed <<< "$line"
    cur=''
    if [[ $line != *[[:space:]] ]]; then
        cur=\${typed[\${#typed[@]}-1]}
        if [[ $cur == --*=* ]]; then
            typed[\${#typed[@]}-1]=\${cur%%=*}
            cur=\${cur#*=}
            if [[ -n $cur ]]; then typed+=("$cur"); fi
        fi
    fi
    words=()
    for word in "\${typed[@]}"; do words+=("$(printf '%q' "$word")"); done
}
`;

/**
 * Completion for `npx maestro` and other package runners. It asks the installed program directly, because a runner is slow
 * and may install something. Existing completion of a runner still works for other programs; where bash may load one
 * later, only runners without any are extended.
 */
const RUNNERS = `
# Behind a package manager: npx maestro, pnpm exec maestro, …
__maestro_installed() {
    local folder=$PWD
    while [[ -n $folder && ! -x $folder/node_modules/.bin/maestro ]]; do folder=\${folder%/*}; done
    if [[ -n $folder ]]; then printf '%q' "$folder/node_modules/.bin/maestro"; elif type -P maestro >/dev/null; then printf maestro; else return 1; fi
}

__maestro_through() {
    local runner=\${1##*/} line=\${COMP_LINE:0:COMP_POINT}
    local begun='^[[:space:]]*[^[:space:]]+([[:space:]]+(exec|x|run|-[-a-z]*))*[[:space:]]+maestro(-store)?[[:space:]]+'
    if [[ $line =~ $begun ]]; then
        local __maestro_program COMP_LINE="maestro \${line:\${#BASH_REMATCH[0]}}" COMP_POINT
        COMP_POINT=\${#COMP_LINE}
        __maestro_program=$(__maestro_installed) || return 0
        __maestro_complete maestro
    else
        local before=__maestro_before_$runner
        if [[ -n \${!before:-} ]]; then "\${!before}" "$@"; fi
    fi
}

__maestro_follow() {
    local runner known
    for runner in npx bunx npm pnpm yarn; do
        known=$(complete -p "$runner" 2>/dev/null) || known=''
        if [[ $known =~ \\ -F\\ ([^\\ ]+) ]]; then
            if [[ \${BASH_REMATCH[1]} == __maestro_through ]]; then continue; fi
            printf -v "__maestro_before_$runner" %s "\${BASH_REMATCH[1]}"
        elif [[ $runner != *x ]] && complete -p -D &>/dev/null; then
            continue
        fi
        complete -o default -F __maestro_through "$runner"
    done
}
__maestro_follow
`;

/** The script of the completion library for bash, with fixes. */
export function bashScript(script: string): string {
  // Constants would be an error when the script is read twice, or beside the script of another program.
  let mended = script.replace(/^readonly /gm, '');
  mended = replaced(mended, '_get_comp_words_by_ref -n "=:" cur prev words cword', '__maestro_words');
  mended = replaced(mended, '"maestro complete -- ', '"${__maestro_program:-maestro} complete -- ');
  // Files are offered where the directive of the answer does not forbid it.
  mended = replaced(mended, '\ncomplete -F ', `\n${WORDS.slice(1)}\ncomplete -o default -F `);
  return mended + RUNNERS;
}
