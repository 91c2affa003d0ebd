// boot2_rp2040.S: the second stage that the RP2040's boot ROM takes from the first 256 bytes
// of the flash: sets up reading by command 03, and starts the bootloader behind it.
//
// The boot ROM copies it to the end of RAM and runs it there if its last word is the CRC-32 of
// what is before (polynomial 0x04C11DB7, not reflected, begun with all ones, not inverted).
// Registers and what is written to them are those that core/port/rp2040/flash.c leaves
// behind: from memory, unverified.

    .syntax unified

#define SSI            0x18000000
#define CTRLR0         0x00
#define CTRLR1         0x04
#define SSIENR         0x08
#define BAUDR          0x14
#define SPI_CTRLR0     0xF4
#define BAUD_DIVIDER   6
#define CTRLR0_READ    0x001F0300 // frames of 32 bits, command then data
#define SPI_CTRLR0_READ 0x03000218 // 03, 8 bits; an address of 24
#define VTOR           0xE000ED08

#define CRC            0xC28FC447

    .section .boot2, "a", %progbits
    .global cp_firmware_boot2
    .type cp_firmware_boot2, %function
    .thumb_func
cp_firmware_boot2:
    ldr     r3, =SSI
    movs    r0, #0
    str     r0, [r3, #SSIENR]
    movs    r0, #BAUD_DIVIDER
    str     r0, [r3, #BAUDR]
    ldr     r0, =CTRLR0_READ
    str     r0, [r3, #CTRLR0]
    ldr     r0, =SPI_CTRLR0_READ
    movs    r1, #SPI_CTRLR0
    str     r0, [r3, r1]
    movs    r0, #0
    str     r0, [r3, #CTRLR1]
    movs    r0, #1
    str     r0, [r3, #SSIENR]

    ldr     r0, =__vectors_start
    ldr     r1, =VTOR
    str     r0, [r1]
    ldr     r1, [r0]
    msr     msp, r1
    ldr     r0, [r0, #4]
    bx      r0
    .pool
    .org    252
    .word   CRC
    .size cp_firmware_boot2, . - cp_firmware_boot2
