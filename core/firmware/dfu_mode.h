// dfu_mode.h: what the bootloader does when the application has asked for the external DFU mode.

#ifndef CP_FIRMWARE_DFU_MODE_H
#define CP_FIRMWARE_DFU_MODE_H

// A product puts its own here: it receives an image over USB, say, writes it with the updater,
// and resets. The prover enters it without the bootloader before it, so it has to set up what
// it needs.
_Noreturn void cp_firmware_dfu_mode(void);

#endif
