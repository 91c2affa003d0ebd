// layout.h: checks that the bootloader and the updater make of their configuration.

#ifndef CP_LAYOUT_H
#define CP_LAYOUT_H

#include "cutproof/boot.h"

// CP_ERR_ARGUMENT if the format is null or lacks a function that a bootloader needs.
int cp_layout_check_format(const struct cp_state_format *format);

// The same, and those that an updater needs.
int cp_layout_check_updates(const struct cp_state_format *format);

// CP_ERR_LAYOUT if STATE cannot hold the format's records for page_count page units.
int cp_layout_check_state(const struct cp_partition *state, const struct cp_state_format *format,
                          uint32_t page_count);

// CP_ERR_ARGUMENT if there is no buffer, CP_ERR_ALIGNMENT if its size is not a
// multiple of the partition's write size.
int cp_layout_check_buffer(const uint8_t *buffer, uint32_t buffer_size_bytes,
                           const struct cp_partition *partition);

#endif
