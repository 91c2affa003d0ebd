// demo_frame.c: see demo_frame.h.

#include "core/firmware/demo_frame.h"

#include "core/firmware/demo_uart.h"
#include "core/firmware/system.h"

#define CRC_BEGUN      0xFFFFFFFFu
#define CRC_POLYNOMIAL 0xEDB88320u

// About half a second until a frame begins, and 50 ms from byte to byte, on a fast part; more on a
// slow one.
#define BEGIN_POLLS_MAX 2000u
#define BEGIN_TURNS_MAX 1000u
#define BYTE_POLLS_MAX  200000u

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

// The watchdog is fed while nobody answers: that is no fault of the application.
static bool wait_for_start(void) {
    for (uint32_t turn = 0; turn < BEGIN_TURNS_MAX; turn++) {
        uint8_t byte = 0;
        cp_system_feed();
        if (demo_uart_receive(&byte, BEGIN_POLLS_MAX) && byte == DEMO_FRAME_START) {
            return true;
        }
    }
    return false;
}

static bool receive(uint32_t *crc, uint32_t *value, uint32_t size_bytes) {
    *value = 0;
    for (uint32_t i = 0; i < size_bytes; i++) {
        uint8_t byte = 0;
        if (!demo_uart_receive(&byte, BYTE_POLLS_MAX)) {
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

bool demo_frame_receive(enum demo_frame_type type, const uint32_t *words, uint32_t word_count,
                        uint8_t *data, uint32_t size_bytes) {
    uint32_t crc = CRC_BEGUN, sent;
    if (!wait_for_start() || !receive_equal(&crc, (uint32_t)type, 1) ||
        !receive_equal(&crc, 4 * word_count + size_bytes, 2)) {
        return false;
    }
    for (uint32_t i = 0; i < word_count; i++) {
        if (!receive_equal(&crc, words[i], 4)) {
            return false;
        }
    }
    if (!receive_bytes(&crc, data, size_bytes)) {
        return false;
    }
    const uint32_t computed = ~crc;
    return receive(&crc, &sent, 4) && sent == computed;
}
