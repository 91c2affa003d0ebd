// endless.c: see endless.h.

#include "faults/endless.h"

#define EVENTS_MIN      10000u
#define EVENTS_PER_WORD 64u

uint64_t cp_endless_events(const struct cp_case *test_case) {
    uint64_t words = 0;
    for (uint32_t i = 0; i < test_case->device_count; i++) {
        words += test_case->devices[i].size_bytes / 4;
    }
    return EVENTS_MIN + EVENTS_PER_WORD * words;
}

void cp_endless_report(struct cp_promises *promises, bool is_bootloader, bool wears_out) {
    if (is_bootloader) {
        cp_promises_boot_loop(promises, "boot loop: the bootloader goes on and on, and never ends");
    } else if (wears_out) {
        cp_promises_endless_wear(promises);
    }
}
