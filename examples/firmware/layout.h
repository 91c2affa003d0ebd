// layout.h: made by `cutproof layout --header`; scripts/boards makes it anew.

#define CP_BOARD_NAME "blink"
#define CP_BOARD_PART "nrf51822"
#define CP_BOARD_CONTROLLER_NVMC 1
#define CP_BOARD_FLASH_ADDRESS 0x0u
#define CP_BOARD_REGISTERS_ADDRESS 0x4001e000u
#define CP_BOARD_FLASH_SIZE_BYTES 0x40000u
#define CP_BOARD_BANK_SIZE_BYTES 0x0u
#define CP_BOARD_WRITE_SIZE_BYTES 4u
#define CP_BOARD_BOOTLOADER_DEVICE 0
#define CP_BOARD_BOOTLOADER_OFFSET_BYTES 0x0u
#define CP_BOARD_BOOTLOADER_SIZE_BYTES 0x3000u
#define CP_BOARD_STATE_DEVICE 0
#define CP_BOARD_STATE_OFFSET_BYTES 0x3000u
#define CP_BOARD_STATE_SIZE_BYTES 0x800u
#define CP_BOARD_STATE_RUN_OFFSET_BYTES 0x0u
#define CP_BOARD_STATE_RUN_SIZE_BYTES 0x40000u
#define CP_BOARD_STATE_ERASE_SIZE_BYTES 0x400u
#define CP_BOARD_ACTIVE_DEVICE 0
#define CP_BOARD_ACTIVE_OFFSET_BYTES 0x4000u
#define CP_BOARD_ACTIVE_SIZE_BYTES 0x4000u
#define CP_BOARD_ACTIVE_RUN_OFFSET_BYTES 0x0u
#define CP_BOARD_ACTIVE_RUN_SIZE_BYTES 0x40000u
#define CP_BOARD_ACTIVE_ERASE_SIZE_BYTES 0x400u
#define CP_BOARD_DFU_DEVICE 0
#define CP_BOARD_DFU_OFFSET_BYTES 0x8000u
#define CP_BOARD_DFU_SIZE_BYTES 0x4400u
#define CP_BOARD_DFU_RUN_OFFSET_BYTES 0x0u
#define CP_BOARD_DFU_RUN_SIZE_BYTES 0x40000u
#define CP_BOARD_DFU_ERASE_SIZE_BYTES 0x400u
#define CP_BOARD_BUFFER_SIZE_BYTES 256u
#define CP_BOARD_FORMAT_JOURNAL 1
#define CP_BOARD_TRIAL_ATTEMPTS 1u
#define CP_BOARD_IS_DIRECT 0
#define CP_BOARD_TELLS_RESET_CAUSE 1
#define CP_BOARD_IS_SIGNED 0
#define CP_BOARD_HAS_FACTORY 0
#define CP_BOARD_DESCRIPTION \
    "part=nrf51822\n" \
    "controller_nvmc=1\n" \
    "flash_address=0x0\n" \
    "registers_address=0x4001e000\n" \
    "flash_size_bytes=0x40000\n" \
    "bank_size_bytes=0x0\n" \
    "write_size_bytes=4\n" \
    "bootloader_device=0\n" \
    "bootloader_offset_bytes=0x0\n" \
    "bootloader_size_bytes=0x3000\n" \
    "state_device=0\n" \
    "state_offset_bytes=0x3000\n" \
    "state_size_bytes=0x800\n" \
    "state_run_offset_bytes=0x0\n" \
    "state_run_size_bytes=0x40000\n" \
    "state_erase_size_bytes=0x400\n" \
    "active_device=0\n" \
    "active_offset_bytes=0x4000\n" \
    "active_size_bytes=0x4000\n" \
    "active_run_offset_bytes=0x0\n" \
    "active_run_size_bytes=0x40000\n" \
    "active_erase_size_bytes=0x400\n" \
    "dfu_device=0\n" \
    "dfu_offset_bytes=0x8000\n" \
    "dfu_size_bytes=0x4400\n" \
    "dfu_run_offset_bytes=0x0\n" \
    "dfu_run_size_bytes=0x40000\n" \
    "dfu_erase_size_bytes=0x400\n" \
    "buffer_size_bytes=256\n" \
    "format_journal=1\n" \
    "trial_attempts=1\n" \
    "is_direct=0\n" \
    "tells_reset_cause=1\n" \
    "is_signed=0\n" \
    "has_factory=0\n" \
    ""
