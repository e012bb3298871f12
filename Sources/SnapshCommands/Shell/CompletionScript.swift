/// Completion for the shells people use: a short script that asks the tool itself, so that live names complete too.
enum CompletionScript: String, CaseIterable {
  case bash
  case zsh
  case fish

  /// The script, to be sourced or installed where the shell looks for it.
  ///
  /// All three hand the words up to the cursor to `snapsh complete`, and fall back on file names where it
  /// answers with the one line `<file>`.
  var text: String {
    switch self {
    case .bash:
      """
      # bash completion for snapsh; install as share/bash-completion/completions/snapsh
      _snapsh() {
        local IFS=$'\\n' words=("${COMP_WORDS[@]:1:COMP_CWORD}")
        # readline splits at ':' and '='; the line itself does not.
        if [[ ${COMP_WORDS[*]} == *[:=]* ]]; then
          local line=${COMP_LINE:0:COMP_POINT}
          IFS=' ' read -r -a words <<< "$line"
          [[ $line == *' ' ]] && words+=('')
          words=("${words[@]:1}")
          IFS=$'\\n'
        fi
        COMPREPLY=($(snapsh complete -- "${words[@]}" 2>/dev/null))
        if [[ ${COMPREPLY[0]} == '<file>' ]]; then
          COMPREPLY=()
          compopt -o default -o filenames 2>/dev/null
        fi
      }
      complete -F _snapsh snapsh

      """
    case .zsh:
      """
      #compdef snapsh
      # zsh completion for snapsh; install as share/zsh/site-functions/_snapsh
      _snapsh() {
        local -a candidates
        candidates=("${(@f)$(snapsh complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}")
        if [[ $candidates[1] == '<file>' ]]; then
          _files
        elif [[ -n $candidates[1] ]]; then
          compadd -a candidates
        fi
      }
      if [[ $funcstack[1] == _snapsh ]]; then
        _snapsh "$@"
      else
        compdef _snapsh snapsh
      fi

      """
    case .fish:
      """
      # fish completion for snapsh; install as share/fish/vendor_completions.d/snapsh.fish
      function __snapsh_complete
        set -l words (commandline -opc) (commandline -ct)
        set -l candidates (snapsh complete -- $words[2..-1] 2>/dev/null)
        if test "$candidates[1]" = '<file>'
          __fish_complete_path (commandline -ct)
        else
          printf '%s\\n' $candidates
        end
      end
      complete -c snapsh -f -a '(__snapsh_complete)'

      """
    }
  }
}
