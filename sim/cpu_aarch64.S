// cpu_aarch64.S: leave one stack for another; AArch64.
//
// void cp_cpu_switch(void **save_stack_pointer, void *load_stack_pointer)
//
// The callee-saved registers of the AAPCS64 go on the stack that is left, so that
// the live part of that stack is all there is to keep: x19 to x30, and the low
// halves of v8 to v15, which compilers use for copies of memory too. FPCR is not
// switched: the core uses no floating point.
//
// The return address is not signed here, and a `ret` needs no landing pad: the
// switch works with and without pointer authentication and branch targets.

#if defined(__aarch64__)
    .text
    .globl  cp_cpu_switch
    .type   cp_cpu_switch, %function
cp_cpu_switch:
    hint    #34                       // bti c: may be called through a pointer
    stp     x29, x30, [sp, #-160]!    // the words of cpu_native.c: 0 and 1
    stp     x19, x20, [sp, #16]
    stp     x21, x22, [sp, #32]
    stp     x23, x24, [sp, #48]
    stp     x25, x26, [sp, #64]
    stp     x27, x28, [sp, #80]
    stp     d8, d9, [sp, #96]
    stp     d10, d11, [sp, #112]
    stp     d12, d13, [sp, #128]
    stp     d14, d15, [sp, #144]
    mov     x2, sp
    str     x2, [x0]
    mov     sp, x1
    ldp     x19, x20, [sp, #16]
    ldp     x21, x22, [sp, #32]
    ldp     x23, x24, [sp, #48]
    ldp     x25, x26, [sp, #64]
    ldp     x27, x28, [sp, #80]
    ldp     d8, d9, [sp, #96]
    ldp     d10, d11, [sp, #112]
    ldp     d12, d13, [sp, #128]
    ldp     d14, d15, [sp, #144]
    ldp     x29, x30, [sp], #160
    ret
    .size   cp_cpu_switch, . - cp_cpu_switch
#endif
#if defined(__ELF__)
    .section .note.GNU-stack, "", %progbits
#endif
