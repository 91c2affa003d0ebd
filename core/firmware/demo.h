// demo.h: what the parts of the demo application share.

#ifndef CP_FIRMWARE_DEMO_H
#define CP_FIRMWARE_DEMO_H

#include <stdint.h>

// An updater call failed: tell the link, and reset.
_Noreturn void demo_panic(int err);

static inline void demo_panic_on(int err) {
    if (err) {
        demo_panic(err);
    }
}

#endif
