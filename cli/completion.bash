# bash completion for cutproof, made by `cutproof completion bash`.
#
# For this shell:   source <(cutproof completion bash)
# For all shells:   cutproof completion bash > ~/.local/share/bash-completion/completions/cutproof
# bash 4.4 or later; nothing else is needed.

@COMMANDS@

# _cutproof_command NAME: what it takes: options, option=kind for those with a value, and
# the kinds of its arguments. A kind that ends in ... is that of all further arguments.
_cutproof_command() {
    options='' values='' arguments=''
    case $1 in
@TABLE@
        *) return 1 ;;
    esac
}

# The words of the line up to the cursor. The shell takes them apart at each character of
# COMP_WORDBREAKS; here words are parted by blanks alone, since ids have such characters.
_cutproof_read_words() {
    local line=${COMP_LINE:0:COMP_POINT} part i
    words=()
    for ((i = 0; i <= COMP_CWORD; i++)); do
        part=${COMP_WORDS[i]}
        if ((i == 0)) || [[ $line == [[:blank:]]* ]]; then
            line=${line#"${line%%[![:blank:]]*}"}
            words+=('')
        fi
        ((i < COMP_CWORD)) || part=$line
        words[${#words[@]} - 1]+=$part
        line=${line#"$part"}
    done
}

# _cutproof_value OPTION: the kind of its value; nothing for a flag.
_cutproof_value() {
    local value
    for value in $values; do
        if [[ $value == "$1="* ]]; then
            printf '%s' "${value#*=}"
        fi
    done
}

# _cutproof_argument N: the kind of the argument at that place, from 0.
_cutproof_argument() {
    local kinds last
    read -r -a kinds <<<"$arguments"
    last=${kinds[*]: -1}
    if (($1 < ${#kinds[@]})); then
        printf '%s' "${kinds[$1]%...}"
    elif [[ $last == *... ]]; then
        printf '%s' "${last%...}"
    fi
}

# What the last word is: kind, and what was typed of it, without quotes, in cur.
_cutproof_read_kind() {
    local wanted='' ended='' place=0 word
    for word in "${words[@]:2:${#words[@]}-3}"; do
        if [[ $wanted ]]; then
            wanted=''
        elif [[ $ended || $word != -?* ]]; then
            place=$((place + 1))
        elif [[ $word == -- ]]; then
            ended=1
        else
            wanted=$(_cutproof_value "$word")
        fi
    done
    cur=${words[${#words[@]} - 1]}
    if [[ ! $wanted && ! $ended && $cur == --*=* ]]; then
        wanted=$(_cutproof_value "${cur%%=*}")
        cur=${cur#*=}
    elif [[ ! $wanted && ! $ended && $cur == -* ]]; then
        wanted=option
    fi
    kind=${wanted:-$(_cutproof_argument "$place")}
    quote=''
    if [[ $cur == [\'\"]* ]]; then
        quote=${cur:0:1}
        cur=${cur:1}
    fi
}

# _cutproof_keep WORD...: those that begin with what was typed. Of a word the shell replaces
# what follows the last character of COMP_WORDBREAKS that is not quoted.
_cutproof_keep() {
    local typed=$cur stays='' masked word
    if [[ ! $quote ]]; then
        typed=${cur//\\/}
        masked=${cur//\\?/xx}
        masked=${masked##*["$COMP_WORDBREAKS"]}
        stays=${cur:0:${#cur}-${#masked}}
        stays=${stays//\\/}
    fi
    for word in "$@"; do
        [[ $word == "$typed"* ]] || continue
        word=${word#"$stays"}
        if [[ ! $quote && ! $is_file ]]; then # the shell quotes the names of files itself
            printf -v word '%q' "$word"
        fi
        COMPREPLY+=("$word")
    done
}

# _cutproof_files [SUFFIX]: directories, and files with that suffix.
_cutproof_files() {
    local found typed=$cur
    [[ $quote ]] || typed=${cur//\\/}
    is_file=1
    compopt -o filenames 2>/dev/null
    mapfile -t found < <(compgen -d -- "$typed")
    _cutproof_keep "${found[@]}"
    [[ ${1-} != / ]] || return
    mapfile -t found < <(compgen -f -X "!*${1-}" -- "$typed" | while IFS= read -r name; do
        [[ -d $name ]] || printf '%s\n' "$name"
    done)
    _cutproof_keep "${found[@]}"
}

# _cutproof_ask KIND SUFFIX: what the program knows, of the files of the line with that suffix.
_cutproof_ask() {
    local files=() found word
    for word in "${words[@]:2:${#words[@]}-3}"; do
        if [[ -d $word || ($word == *"$2" && -f $word) ]]; then
            files+=("$word")
        fi
    done
    mapfile -t found < <("${words[0]/#\~/$HOME}" completion "$1" "${files[@]}" 2>/dev/null)
    _cutproof_keep "${found[@]}"
}

_cutproof() {
    local words cur kind quote is_file='' options values arguments
    COMPREPLY=()
    _cutproof_read_words
    if ((${#words[@]} < 3)); then
        cur=${words[1]-} kind=command quote=''
    else
        _cutproof_command "${words[1]}" || return 0
        _cutproof_read_kind
    fi
    case $kind in
        command) read -r -a arguments <<<"$_cutproof_commands" && _cutproof_keep "${arguments[@]}" ;;
        option) read -r -a arguments <<<"$options" && _cutproof_keep "${arguments[@]}" ;;
        one-of:*) IFS=, read -r -a arguments <<<"${kind#*:}" && _cutproof_keep "${arguments[@]}" ;;
        directory) _cutproof_files / ;;
        file) _cutproof_files ;;
        file:*) _cutproof_files "${kind#*:}" ;;
        case | tag) _cutproof_ask "${kind}s" .yaml ;;
        id) _cutproof_ask ids .db ;;
    esac
}

complete -F _cutproof cutproof
