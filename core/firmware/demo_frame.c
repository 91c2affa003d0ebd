// demo_frame.c: see demo_frame.h.

#include "core/firmware/demo_frame.h"

#include "core/firmware/demo_uart.h"
#include "core/firmware/system.h"

#define CRC_BEGUN      0xFFFFFFFFu
#define CRC_POLYNOMIAL 0xEDB88320u

// Of the watchdog's time, and of what a host that is busy needs.
#define TURN_TIMEOUT_MS 50u
#define TURNS_MAX       20u
#define BYTE_TIMEOUT_MS 200u

// --- sending

static uint32_t crc_of(uint32_t crc, uint8_t byte) {
    crc ^= byte;
    for (uint32_t bit = 0; bit < 8; bit++) {
        crc = (crc >> 1) ^ ((crc & 1u) != 0 ? CRC_POLYNOMIAL : 0);
    }
    return crc;
}

static void send(uint32_t *crc, uint32_t value, uint32_t size_bytes) {
    for (uint32_t i = 0; i < size_bytes; i++) {
        const uint8_t byte = (uint8_t)(value >> 8 * i);
        *crc = crc_of(*crc, byte);
        demo_uart_send(byte);
    }
}

void demo_frame_send(enum demo_frame_type type, const uint32_t *words, uint32_t word_count) {
    uint32_t crc = CRC_BEGUN, unused = 0;
    send(&unused, DEMO_FRAME_START, 1);
    send(&crc, (uint32_t)type, 1);
    send(&crc, 4 * word_count, 2);
    for (uint32_t i = 0; i < word_count; i++) {
        send(&crc, words[i], 4);
    }
    send(&unused, ~crc, 4);
}

// --- receiving

static bool receive(uint32_t *crc, uint32_t *value, uint32_t size_bytes) {
    *value = 0;
    for (uint32_t i = 0; i < size_bytes; i++) {
        uint8_t byte = 0;
        if (!demo_uart_receive(&byte, BYTE_TIMEOUT_MS)) {
            return false;
        }
        *crc = crc_of(*crc, byte);
        *value |= (uint32_t)byte << 8 * i;
    }
    return true;
}

static bool receive_equal(uint32_t *crc, uint32_t wanted, uint32_t size_bytes) {
    uint32_t value;
    return receive(crc, &value, size_bytes) && value == wanted;
}

static bool receive_bytes(uint32_t *crc, uint8_t *data, uint32_t size_bytes) {
    for (uint32_t i = 0; i < size_bytes; i++) {
        uint32_t value;
        if (!receive(crc, &value, 1)) {
            return false;
        }
        data[i] = (uint8_t)value;
    }
    return true;
}

struct wanted {
    enum demo_frame_type type;
    const uint32_t *words;
    uint32_t word_count;
    uint8_t *data;
    uint32_t size_bytes;
};

static bool receive_head(uint32_t *crc, const struct wanted *wanted) {
    bool is_it = receive_equal(crc, (uint32_t)wanted->type, 1) &&
                 receive_equal(crc, 4 * wanted->word_count + wanted->size_bytes, 2);
    for (uint32_t i = 0; is_it && i < wanted->word_count; i++) {
        is_it = receive_equal(crc, wanted->words[i], 4);
    }
    return is_it;
}

static bool receive_rest(uint32_t crc, const struct wanted *wanted) {
    uint32_t sent;
    if (!receive_bytes(&crc, wanted->data, wanted->size_bytes)) {
        return false;
    }
    const uint32_t computed = ~crc;
    return receive(&crc, &sent, 4) && sent == computed;
}

// The watchdog is fed while nobody answers: that is no fault of the application.
bool demo_frame_receive(enum demo_frame_type type, const uint32_t *words, uint32_t word_count,
                        uint8_t *data, uint32_t size_bytes) {
    const struct wanted wanted = {type, words, word_count, data, size_bytes};
    for (uint32_t turns = 0; turns < TURNS_MAX;) {
        uint8_t byte = 0;
        uint32_t crc = CRC_BEGUN;
        cp_system_feed();
        if (!demo_uart_receive(&byte, TURN_TIMEOUT_MS)) {
            turns++;
        } else if (byte == DEMO_FRAME_START && receive_head(&crc, &wanted)) {
            return receive_rest(crc, &wanted);
        }
    }
    return false;
}
