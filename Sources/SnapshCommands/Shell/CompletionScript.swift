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
        local words=() rest=${COMP_LINE:0:COMP_POINT} index piece before
        # readline splits at ':' and '=' too; what stands there without a blank between is one word.
        for ((index = 0; index <= COMP_CWORD; index++)); do
          piece=${COMP_WORDS[index]}
          before=${rest%%[! \t]*}
          rest=${rest#"$before"}
          if ((index < COMP_CWORD)); then rest=${rest#"$piece"}; else piece=$rest; fi
          if [[ -n $before || index -eq 0 ]]; then words+=("$piece"); else words[-1]+=$piece; fi
        done
        local typed=${words[-1]} kept='' quote='' candidate
        [[ $typed == [\\'\\"]* ]] && quote=${typed:0:1}
        # What stands before the last ':' or '=' is no part of the word to readline.
        if [[ -z $quote && $COMP_WORDBREAKS == *[:=]* && $typed == *["${COMP_WORDBREAKS//[!:=]/}"]* ]]; then
          kept=${typed%"${typed##*["${COMP_WORDBREAKS//[!:=]/}"]}"}
        fi
        # The shell's quotes are not snapsh's.
        words=("${words[@]//[\\'\\"\\\\]/}")
        COMPREPLY=()
        while IFS= read -r candidate; do
          if [[ $candidate == '<file>' ]]; then
            compopt -o default -o filenames 2>/dev/null
            return
          fi
          candidate=${candidate#"$kept"}
          [[ -n $quote ]] || printf -v candidate %q "$candidate"
          COMPREPLY+=("$candidate")
        done < <(snapsh complete -- "${words[@]:1}" 2>/dev/null)
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
