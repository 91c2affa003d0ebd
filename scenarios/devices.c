// devices.c: the flash devices of a case: parts, with the scenario's changes.

#include "scenarios/part_keys.h"
#include "scenarios/user_parts.h"

#include <stdio.h>

static const char *const device_names[CP_DEVICES_MAX] = {"target", "external"};

// Returns the known part that it is, or comes from; NULL after an error.
static const struct cp_part *read_device(struct cp_draft *draft, uint32_t index) {
    char path[64];
    const struct cp_part *origin = NULL;
    struct cp_part *part = &draft->out->devices[index];
    snprintf(path, sizeof path, "%s.part", device_names[index]);
    draft->device_known[index] = cp_read_part(draft, path, part, &origin) &&
                                 cp_change_part(draft, device_names[index], part);
    return origin;
}

static bool ranges_meet(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size) {
    return a < b + b_size && b < a + a_size;
}

// A chip behind a SPI master has no addresses.
static bool flashes_meet(const struct cp_part *a, const struct cp_part *b) {
    return cp_part_is_mapped(a) && cp_part_is_mapped(b) &&
           ranges_meet(a->flash_address, a->size_bytes, b->flash_address, b->size_bytes);
}

// Both are seen through one address space.
static void check_addresses(struct cp_draft *draft) {
    const struct cp_part *a = &draft->out->devices[0], *b = &draft->out->devices[1];
    const uint64_t registers_size_bytes = 0x1000;
    if (flashes_meet(a, b) || ranges_meet(a->registers_address, registers_size_bytes,
                                          b->registers_address, registers_size_bytes)) {
        cp_report_add(draft->report, cp_read_place(draft, "external.part"),
                      "'%s' lies at the same addresses as the target '%s'", b->name, a->name);
        cp_report_help(draft->report, "choose a part that is made to be external, such as nvmc-8k");
    }
}

void cp_decode_devices(struct cp_draft *draft) {
    draft->out->device_count = cp_read_has(draft, "external") ? 2 : 1;
    const struct cp_part *target = read_device(draft, 0);
    if (draft->out->device_count == 2) {
        read_device(draft, 1);
    }
    if (draft->device_known[0] && draft->device_known[1]) {
        cp_part_connect(&draft->out->devices[1], target); // who goes by its family
        check_addresses(draft);
    }
}
