// stm32_h.c: see stm32_h.h.

#include "sim/controllers/stm32_h.h"

#include <string.h>

// --- keys

bool cp_stm32_keys_write(const struct cp_access *access, const char *section,
                         struct stm32_keys *keys, bool is_locked, uint32_t value) {
    const bool first = keys->first_was_given == 0;
    keys->first_was_given = 0;
    if (is_locked && !keys->is_dead && first && value == CP_STM32_KEY_1) {
        keys->first_was_given = 1;
        return false;
    }
    if (is_locked && !keys->is_dead && !first && value == CP_STM32_KEY_2) {
        return true;
    }
    keys->is_dead = 1;
    cp_bus_fault(access, section,
                 is_locked ? "a wrong key: bus fault, and locked until the next reset"
                           : "a key while there is nothing to unlock: bus fault, and locked "
                             "until the next reset");
    return false;
}

// --- write buffer

static uint32_t unit_mask(uint32_t unit_size_bytes) {
    return unit_size_bytes == 32 ? UINT32_MAX : (1u << unit_size_bytes) - 1;
}

uint32_t cp_stm32_buffer_put(struct stm32_buffer *buffer, uint32_t unit_size_bytes,
                             uint32_t offset_bytes, uint32_t value, uint32_t width_bytes) {
    const uint32_t within_bytes = offset_bytes % unit_size_bytes;
    const uint32_t at = offset_bytes - within_bytes;
    if (buffer->bytes != 0 && buffer->at != at) {
        return STM32_BUFFER_ELSEWHERE;
    }
    const uint32_t stored = ((1u << width_bytes) - 1) << within_bytes;
    const uint32_t shift = 8 * (within_bytes % 4);
    const uint32_t bits = (width_bytes == 4 ? UINT32_MAX : (1u << 8 * width_bytes) - 1) << shift;
    const uint32_t seen = buffer->bytes & stored ? STM32_BUFFER_AGAIN : 0;
    uint32_t *word = &buffer->words[within_bytes / 4];
    *word = (*word & ~bits) | (value << shift & bits);
    buffer->bytes |= stored;
    buffer->at = at;
    return seen | (buffer->bytes == unit_mask(unit_size_bytes) ? STM32_BUFFER_FULL : 0);
}

void cp_stm32_buffer_drop(struct stm32_buffer *buffer) {
    memset(buffer, 0, sizeof(*buffer));
}

// The words of an operation lie on the program's stack, as those of every other model: what
// the controller holds may be gone when they are looked at.
__attribute__((noinline)) enum cp_done cp_stm32_buffer_program(const struct cp_access *access,
                                                               struct stm32_buffer *buffer,
                                                               uint32_t unit_size_bytes) {
    uint32_t words[8] = {0};
    const uint32_t at = buffer->at;
    for (uint32_t i = 0; i < unit_size_bytes; i++) {
        const uint32_t byte = buffer->bytes >> i & 1 ? buffer->words[i / 4] >> 8 * (i % 4) : 0xFFu;
        words[i / 4] |= (byte & 0xFFu) << 8 * (i % 4);
    }
    cp_stm32_buffer_drop(buffer);
    return cp_bus_program(access, at, words, unit_size_bytes / 4);
}

// --- instruction cache

enum { ICACHE_CR = 0x00, ICACHE_SR = 0x04, ICACHE_FCR = 0x0C };

#define CR_EN       1u
#define CR_CACHEINV 2u
#define SR_BUSYF    1u
#define SR_BSYENDF  2u

uint32_t cp_stm32_icache_read(const struct cp_access *access, struct stm32_icache *icache,
                              uint32_t offset_bytes) {
    switch (offset_bytes) {
    case ICACHE_CR: return icache->is_enabled ? CR_EN : 0;
    case ICACHE_SR:
        if (icache->busy_polls > 0) {
            icache->busy_polls--;
            icache->was_invalidated = icache->busy_polls == 0;
            return SR_BUSYF;
        }
        return icache->was_invalidated ? SR_BSYENDF : 0;
    default:
        cp_bus_illegal(access, "ICACHE", "read of ICACHE + 0x%x, which has no use here",
                       (unsigned)offset_bytes);
        return 0;
    }
}

static void write_icache_cr(const struct cp_access *access, struct stm32_icache *icache,
                            uint32_t value) {
    if (icache->busy_polls > 0) {
        cp_bus_illegal(access, "ICACHE", "ICACHE CR written while it is being invalidated");
    }
    if ((value & CR_CACHEINV) != 0 && icache->is_enabled) {
        icache->busy_polls = 1;
        icache->is_stale = 0;
    }
    if ((value & CR_EN) == 0) { // to disable it empties it
        icache->is_stale = 0;
    }
    icache->is_enabled = value & CR_EN;
}

void cp_stm32_icache_write(const struct cp_access *access, struct stm32_icache *icache,
                           uint32_t offset_bytes, uint32_t value) {
    switch (offset_bytes) {
    case ICACHE_CR: write_icache_cr(access, icache, value); break;
    case ICACHE_FCR:
        if (value & SR_BSYENDF) {
            icache->was_invalidated = 0;
        }
        break;
    default:
        cp_bus_illegal(access, "ICACHE", "write of ICACHE + 0x%x, which has no use here",
                       (unsigned)offset_bytes);
    }
}

void cp_stm32_icache_age(struct stm32_icache *icache) {
    icache->is_stale = icache->is_enabled;
}

void cp_stm32_icache_load(const struct cp_access *access, const struct stm32_icache *icache) {
    if (icache->is_stale) {
        cp_bus_illegal(access, "ICACHE",
                       "read of the flash through the ICACHE, which may hold what was there before "
                       "the last program or erase");
    }
}
