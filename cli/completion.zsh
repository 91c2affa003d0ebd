#compdef cutproof
# zsh completion for cutproof, made by `cutproof completion zsh`.
#
# For this shell:   source <(cutproof completion zsh)      (after compinit)
# For all shells:   cutproof completion zsh > a/directory/of/fpath/_cutproof

_cutproof_commands() {
    local -a commands=(
@COMMANDS@
    )
    _describe -t commands command commands
}

_cutproof_scenarios() { _files -g '*.yaml(-.)' }

# _cutproof_ask KIND SUFFIX: what the program knows, of the files of the line with that suffix.
_cutproof_ask() {
    local word
    local -a files found
    for word in "${(@Q)words[2,-1]}"; do
        if [[ -d $word || ( $word == *$2 && -f $word ) ]]; then
            files+=("$word")
        fi
    done
    found=("${(@f)$(_call_program $1 ${(q)cutproof} completion $1 ${(q)files} 2>/dev/null)}")
    compadd -- ${found:#}
}

_cutproof() {
    local cutproof=${(Q)words[1]} state line
    local -A opt_args
    cutproof=${cutproof/#\~/$HOME}
    _arguments -C ':command:_cutproof_commands' '*::argument:->argument' && return
    [[ $state == argument ]] || return
    case $words[1] in
@TABLE@
    esac
}

if [[ $funcstack[1] == _cutproof ]]; then
    _cutproof "$@"
else
    compdef _cutproof cutproof
fi
