/**
 * Splits what has been typed by itself: the library relies on a function of the package bash-completion, which many
 * machines lack, and would run what stands in `$(…)` at every press of the tab key.
 */
const BASH_WORDS = `
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

/** The library's script for a shell, line by line, mended for bash where it would disturb or fail. */
export function mended(lines: readonly string[], shell: string): string[] {
  if (shell !== 'bash') return [...lines];
  const script = lines
    .join('\n')
    // Read a second time, or beside the script of another program, constants would be complained of.
    .replace(/^readonly /gm, '')
    .replace('_get_comp_words_by_ref -n "=:" cur prev words cword', '__maestro_words')
    // Files are offered where the directive of the answer does not forbid it.
    .replace(/^complete -F /m, `${BASH_WORDS.slice(1)}\ncomplete -o default -F `);
  return script.split('\n');
}
