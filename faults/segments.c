// segments.c: what the search notes for liveness.h as it goes.

#include "faults/search.h"

void cp_x_begin_boot(struct cp_explorer *x, uint32_t state_id) {
    x->segment = cp_liveness_begin(&x->liveness, state_id, CP_SEGMENT_NONE);
    x->segment_operations = 0;
    if (x->segment == CP_SEGMENT_NONE) {
        cp_x_stop(x, CP_STOP_MEMORY);
    }
}

// A choice of an application, which no boot waits for, has no segment.
void cp_x_begin_option(struct cp_explorer *x, uint32_t fork) {
    x->segment_operations = 0;
    if (fork == CP_SEGMENT_NONE) {
        x->segment = CP_SEGMENT_NONE;
        return;
    }
    x->segment = cp_liveness_begin(&x->liveness, 0, fork);
    if (x->segment == CP_SEGMENT_NONE) {
        cp_x_stop(x, CP_STOP_MEMORY);
    }
}

void cp_x_note_operation(struct cp_explorer *x, struct cp_entry *entry) {
    entry->segment = x->segment;
    entry->segment_operations = ++x->segment_operations;
    if (x->segment != CP_SEGMENT_NONE &&
        cp_liveness_operation(&x->liveness, cp_entry_time_us(x->test_case, entry))) {
        cp_x_stop(x, CP_STOP_MEMORY);
    }
}

void cp_x_end_segment(struct cp_explorer *x, enum cp_segment_end end, uint32_t next,
                      uint32_t next_offset) {
    if (x->segment != CP_SEGMENT_NONE) {
        cp_liveness_end(&x->liveness, x->segment, x->segment_operations, end, next, next_offset);
    }
    x->segment = CP_SEGMENT_NONE;
    x->segment_operations = 0;
}
