// vectors_forward.S: the bootloader's vector table on a core that has it at address 0 for good.
//
// A Cortex-M0 has no VTOR: the application's exceptions and interrupts come here as well. A
// word at the start of RAM, which both programs leave to this, says where the application's
// table lies; while it is 0 the bootloader runs, for which each exception is a fault.
// What an exception costs an application so: ten cycles or so.

    .syntax unified
    .cfi_sections .debug_frame

#define INTERRUPTS 32

    .section .forward, "aw", %nobits
    .global cp_firmware_forward_to
    .align 2
cp_firmware_forward_to:
    .space 4

    .section .vectors, "a", %progbits
    .word   __stack_top
    .word   cp_firmware_reset
    .rept   14 + INTERRUPTS
    .word   forward
    .endr

// r0 to r3 and r12 are on the stack; lr is what the handler is to return to.
    .section .text.forward, "ax", %progbits
    .type forward, %function
    .thumb_func
forward:
    .cfi_startproc
    ldr     r0, =cp_firmware_forward_to
    ldr     r0, [r0]
    cmp     r0, #0
    beq     1f
    mrs     r1, ipsr
    lsls    r1, r1, #2
    ldr     r0, [r0, r1]
    bx      r0
1:  ldr     r0, =cp_firmware_fault
    bx      r0
    .cfi_endproc
    .size forward, . - forward
    .pool
