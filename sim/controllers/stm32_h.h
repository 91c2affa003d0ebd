// stm32_h.h: what the models of STM32 U5, H5 and H7 share: the lock with its keys, the
// write buffer of H5 and H7, and the instruction cache in front of U5 and H5.
//
// Plain functions on plain words, which each model keeps in its own state.

#ifndef CP_SIM_CONTROLLERS_STM32_H_H
#define CP_SIM_CONTROLLERS_STM32_H_H

#include "sim/controller.h"

// The two keys, for every family (reference: CMSIS headers).
#define CP_STM32_KEY_1 0x45670123u
#define CP_STM32_KEY_2 0xCDEF89ABu

// What a key register remembers. The LOCK bit is the model's own.
struct stm32_keys {
    uint32_t first_was_given;
    uint32_t is_dead; // locked until the next reset
};

// A write to the key register; true if it unlocks. A wrong key, and any key while there is
// nothing to unlock, locks until the next reset and raises a bus fault.
bool cp_stm32_keys_write(const struct cp_access *access, const char *section,
                         struct stm32_keys *keys, bool is_locked, uint32_t value);

// Stores on their way to one unit of 16 or 32 bytes.
struct stm32_buffer {
    uint32_t words[8];
    uint32_t bytes; // bit for each byte that was stored
    uint32_t at;    // offset of the unit
};

// What a store into the buffer comes to; several may be true.
enum {
    STM32_BUFFER_FULL = 1,      // the unit is whole
    STM32_BUFFER_AGAIN = 2,     // a byte was there already; the new one wins
    STM32_BUFFER_ELSEWHERE = 4, // another unit than the one begun; the store is lost
};

uint32_t cp_stm32_buffer_put(struct stm32_buffer *buffer, uint32_t unit_size_bytes,
                             uint32_t offset_bytes, uint32_t value, uint32_t width_bytes);

void cp_stm32_buffer_drop(struct stm32_buffer *buffer);

// Empty the buffer and program what it holds; bytes that were not stored are ones.
enum cp_done cp_stm32_buffer_program(const struct cp_access *access, struct stm32_buffer *buffer,
                                     uint32_t unit_size_bytes);

// The instruction cache, which reads of the flash go through. Only the registers that a
// flash driver needs. From memory, unverified: RM0456 and RM0481, chapter ICACHE.
#define CP_STM32_ICACHE_ADDRESS    0x40030400u
#define CP_STM32_ICACHE_SIZE_BYTES 0x400u

struct stm32_icache {
    uint32_t is_enabled;
    uint32_t busy_polls;
    uint32_t was_invalidated; // SR.BSYENDF
    uint32_t is_stale;        // the flash changed since it was last invalidated
};

uint32_t cp_stm32_icache_read(const struct cp_access *access, struct stm32_icache *icache,
                              uint32_t offset_bytes);
void cp_stm32_icache_write(const struct cp_access *access, struct stm32_icache *icache,
                           uint32_t offset_bytes, uint32_t value);

// The flash changed, or is about to be read.
void cp_stm32_icache_age(struct stm32_icache *icache);
void cp_stm32_icache_load(const struct cp_access *access, const struct stm32_icache *icache);

#endif
