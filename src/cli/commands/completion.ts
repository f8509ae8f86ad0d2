import { Fault } from '../../core/kit/fault.ts';
import type { CommandDefinition } from '../command.ts';
import { textOnly } from '../output-formats.ts';

/** Each script hands the words up to the cursor to `__complete`, which answers one candidate a line: `value<TAB>text`. */
const scripts: Readonly<Record<string, string>> = {
  bash: `# holdfast completion for bash: source <(holdfast completion bash)
_holdfast() {
  local IFS=$'\\n' line candidates=()
  local words=("\${COMP_WORDS[@]:1:COMP_CWORD}")
  while IFS= read -r line; do candidates+=("\${line%%$'\\t'*}"); done < <("\${COMP_WORDS[0]}" __complete -- "\${words[@]}" 2>/dev/null)
  if [ "\${candidates[0]}" = ":files" ]; then compopt -o default; COMPREPLY=(); return; fi
  COMPREPLY=("\${candidates[@]}")
  [[ \${#COMPREPLY[@]} -eq 1 && \${COMPREPLY[0]} == *= ]] && compopt -o nospace
}
complete -F _holdfast holdfast ./holdfast
`,
  zsh: `#compdef holdfast
# holdfast completion for zsh: source <(holdfast completion zsh)
_holdfast() {
  local -a lines candidates
  local line value
  lines=("\${(@f)$(\${words[1]} __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ "\${lines[1]}" == ":files" ]]; then _files; return; fi
  for line in $lines; do
    value="\${line%%$'\\t'*}"
    [[ -n "$value" ]] || continue
    if [[ "$line" == *$'\\t'* ]]; then candidates+=("\${value//:/\\\\:}:\${line#*$'\\t'}"); else candidates+=("\${value//:/\\\\:}"); fi
  done
  _describe 'holdfast' candidates
}
compdef _holdfast holdfast
`,
  fish: `# holdfast completion for fish: holdfast completion fish | source
function __holdfast_complete
  set -l words (commandline -opc) (commandline -ct)
  set -l program $words[1]
  set -l candidates ($program __complete -- $words[2..-1] 2>/dev/null)
  if test "$candidates[1]" = ":files"
    __fish_complete_path (commandline -ct)
  else
    printf '%s\\n' $candidates
  end
end
complete -c holdfast -f -a '(__holdfast_complete)'
`,
};

export const completion: CommandDefinition = {
  arguments: [{ syntax: '<shell>', text: 'bash, zsh or fish' }],
  options: [],
  details: 'Prints a script that completes commands, flags and their values, and names that the control plane knows.',
  examples: [
    { line: 'source <(holdfast completion bash)', text: 'in this shell; in ~/.bashrc for all' },
    { line: 'holdfast completion fish > ~/.config/fish/completions/holdfast.fish', text: 'for fish' },
  ],
  formats: textOnly,
  async run(cli, words) {
    const shell = words[0] ?? '';
    const script = Object.hasOwn(scripts, shell) ? scripts[shell] : undefined;
    if (script === undefined)
      throw new Fault('usage', `Completion is for ${Object.keys(scripts).join(', ')}, not '${shell}'`);
    cli.print(script);
    return 0;
  },
};
