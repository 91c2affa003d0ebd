// cpu_x86_64.S: leave one stack for another; x86-64.
//
// void cp_cpu_switch(void **save_stack_pointer, void *load_stack_pointer)
//
// The callee-saved registers of the System V ABI go on the stack that is left, so
// that the live part of that stack is all there is to keep. The floating-point
// control words are not switched: the core uses no floating point.

#if defined(__x86_64__)
    .text
    .globl  cp_cpu_switch
    .type   cp_cpu_switch, @function
cp_cpu_switch:
    pushq   %rbp
    pushq   %rbx
    pushq   %r12
    pushq   %r13
    pushq   %r14
    pushq   %r15
    movq    %rsp, (%rdi)
    movq    %rsi, %rsp
    popq    %r15
    popq    %r14
    popq    %r13
    popq    %r12
    popq    %rbx
    popq    %rbp
    ret
    .size   cp_cpu_switch, . - cp_cpu_switch
#endif
#if defined(__ELF__)
    .section .note.GNU-stack, "", %progbits
#endif
