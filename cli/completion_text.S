// completion_text.S: the templates of completions and the man page, as they lie beside this.

    .macro text name, file
    .global \name
\name:
    .incbin "\file"
    .byte 0
    .endm

    .section .rodata
    text cp_completion_bash, "cli/completion.bash"
    text cp_completion_zsh, "cli/completion.zsh"
    text cp_completion_fish, "cli/completion.fish"
    text cp_completion_man, "cli/completion.man"

    .section .note.GNU-stack, "", %progbits
