// trail_internal.h: what the parts of the trail share; for faults/trail*.c only.

#ifndef CP_FAULTS_TRAIL_INTERNAL_H
#define CP_FAULTS_TRAIL_INTERNAL_H

#include "faults/trail.h"
#include "faults/world.h"

// A device as it is read, a copy of our own: steps are told later than they happen.
struct cp_trail_device {
    uint8_t *bytes;
    uint8_t *doubts; // for each word 1 if it is torn, weak, or has no value
    uint32_t size_bytes;
};

struct cp_trail {
    const struct cp_case *test_case;
    const struct cp_world *world;
    struct cp_trail_device devices[CP_DEVICES_MAX];
    uint8_t active_image; // that ACTIVE holds, CP_IMAGE_NONE for none
    bool is_ready;        // the copies are there
    bool is_out_of_memory;
    char state_says[CP_TRAIL_TEXT_MAX]; // as STATE was last read
};

// Copy all devices. -1 without memory.
int cp_t_init(struct cp_trail *trail, const struct cp_world *world);
void cp_t_free(struct cp_trail *trail);

// Words have changed: read them again.
void cp_t_refresh(struct cp_trail *trail, uint32_t device, uint32_t first, uint32_t count);

void cp_t_decode_state(struct cp_trail *trail);

// A page of an area, within its device.
struct cp_page cp_t_page(const struct cp_trail *trail, enum cp_area area, uint32_t page);

#endif
