// hand_over.S: see hand_over.h. In assembly, since no stack is there once MSP is another.
//
// Sources: Armv6-M, Armv7-M and Armv8-M Architecture Reference Manuals: B3.2 System control
// block, B3.3 SysTick, B3.4 NVIC; cache maintenance of the M7: B3.2.2. That each bit is
// cleared, and in which order: from memory, as bootloaders commonly do it.

    .syntax unified
    .cfi_sections .debug_frame

#define SYST_CSR  0xE000E010
#define NVIC_ICER 0xE000E180
#define ICSR      0xE000ED04
#define VTOR      0xE000ED08
#define ICIALLU   0xE000EF50

#define PENDING_CLEAR 0x0A000000 // PENDSVCLR, PENDSTCLR

#define ICER_TO_ICPR_BYTES 0x100

// So many registers of 32 interrupts each. More than a part has may be written.
#if defined(__ARM_ARCH_6M__)
#define NVIC_REGISTERS 1
#elif defined(__ARM_ARCH_8M_MAIN__)
#define NVIC_REGISTERS 16
#else
#define NVIC_REGISTERS 8
#endif

    .section .text.cp_firmware_hand_over, "ax", %progbits
    .global cp_firmware_hand_over
    .type cp_firmware_hand_over, %function
    .thumb_func
// r0: address of the vector table; r1: its word 0; r2: its word 1
cp_firmware_hand_over:
    .cfi_startproc
    cpsid   i

    movs    r3, #0
    ldr     r4, =SYST_CSR
    str     r3, [r4]

    mvns    r5, r3
    ldr     r4, =NVIC_ICER
    movs    r6, #NVIC_REGISTERS
    movs    r7, #ICER_TO_ICPR_BYTES / 4
    lsls    r7, r7, #2
1:  str     r5, [r4]
    str     r5, [r4, r7]
    adds    r4, r4, #4
    subs    r6, r6, #1
    bne     1b

    ldr     r4, =ICSR
    ldr     r5, =PENDING_CLEAR
    str     r5, [r4]

#if defined(CP_FIRMWARE_HAS_CACHES)
    // Both were never on, so nothing in them is newer than memory.
    ldr     r4, =ICIALLU
    str     r3, [r4]
#endif

#if defined(CP_FIRMWARE_HAS_VTOR)
    ldr     r4, =VTOR
    str     r0, [r4]
#else
    // The bootloader's table forwards what comes: vectors_forward.S
    ldr     r4, =cp_firmware_forward_to
    str     r0, [r4]
#endif
    dsb
    isb

    msr     control, r3 // main stack, privileged
    isb
#if defined(__ARM_ARCH_8M_MAIN__)
    msr     msplim, r3
#endif
    msr     msp, r1
    mvns    r3, r3
    mov     lr, r3
    .cfi_undefined lr
    cpsie   i
    bx      r2
    .cfi_endproc
    .size cp_firmware_hand_over, . - cp_firmware_hand_over
    .pool
