// mapped.h: what the ports of memory-mapped flash share: ranges, words, reads.

#ifndef CP_PORT_MAPPED_H
#define CP_PORT_MAPPED_H

#include <stdbool.h>

#include "cutproof/flash.h"

#define CP_PORT_WORD_SIZE_BYTES 4u

// Little-endian words in byte buffers of any alignment.
static inline uint32_t cp_port_load32(const uint8_t *bytes) {
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

static inline void cp_port_store32(uint8_t *bytes, uint32_t word) {
    bytes[0] = (uint8_t)word;
    bytes[1] = (uint8_t)(word >> 8);
    bytes[2] = (uint8_t)(word >> 16);
    bytes[3] = (uint8_t)(word >> 24);
}

// CP_ERR_BOUNDS if a range does not lie in the flash; CP_ERR_ALIGNMENT if it does not
// begin and end at a multiple of unit_bytes, a power of two.
int cp_port_check_range(const struct cp_flash *flash, uint32_t offset_bytes, uint32_t size_bytes,
                        uint32_t unit_bytes);

// The same for the page that is to be erased at offset_bytes.
int cp_port_check_page(const struct cp_flash *flash, uint32_t offset_bytes);

// Poll a register until (value & mask) == wanted, at most polls_max times; CP_ERR_FLASH after.
int cp_port_poll(uint32_t register_address, uint32_t mask, uint32_t wanted, uint32_t polls_max);

// How words are read: each gives CP_OK or CP_ERR_FLASH. `device` is the port's own.
typedef int (*cp_port_read_word)(const void *device, uint32_t address, uint32_t *word);

// One plain load, for flash without ECC; never fails.
int cp_port_read_plain(const void *device, uint32_t address, uint32_t *word);

// Read any range of the address space by aligned words. Stops at the first error.
int cp_port_read(const void *device, cp_port_read_word read_word, uint32_t address, void *data,
                 uint32_t size_bytes);

// CP_ERR_FLASH unless the range, of whole aligned words, reads as `data`.
int cp_port_verify(const void *device, cp_port_read_word read_word, uint32_t address,
                   const uint8_t *data, uint32_t size_bytes);

// CP_ERR_FLASH unless every word of the range is `erased_word`.
int cp_port_verify_erased(const void *device, cp_port_read_word read_word, uint32_t address,
                          uint32_t size_bytes, uint32_t erased_word);

#endif
