# fish completion for cutproof, made by `cutproof completion fish`.
#
# For this shell:   cutproof completion fish | source
# For all shells:   cutproof completion fish > ~/.config/fish/completions/cutproof.fish

# Is this the command of the line?
function __cutproof_is
    set -l words (commandline -opc)
    test (count $words) -gt 1; and test $words[2] = $argv[1]
end

function __cutproof_has_none
    test (count (commandline -opc)) -eq 1
end

# __cutproof_ask KIND SUFFIX: what the program knows, of the files of the line with that suffix.
function __cutproof_ask
    set -l words (commandline -opc)
    set -l files
    for word in $words[2..-1]
        if test -d $word; or begin; string match -q -- "*$argv[2]" $word; and test -f $word; end
            set -a files $word
        end
    end
    eval (string escape -- $words[1]) completion $argv[1] (string escape -- $files) 2>/dev/null
end

complete -c cutproof -f
@TABLE@
