// order.h: what the test orders, in words of RAM that it sets before the start.

#ifndef CP_TESTS_QEMU_CHIP_ORDER_H
#define CP_TESTS_QEMU_CHIP_ORDER_H

#include <stdint.h>

enum order_where { ORDER_BEFORE, ORDER_INSIDE, ORDER_BEHIND };

struct order {
    uint32_t cut_operation; // cut the power at this program or erase, from 1; 0: at none
    uint32_t cut_where;     // enum order_where; inside an erase is before: the test does the rest
    uint32_t next_version;  // the image that version 1 is to install; 0: none
};

static inline const struct order *order_of(uint32_t address) {
    return (const struct order *)address;
}

#endif
