// liveness.h: how long a device must be left alone to get somewhere.
//
// Each boot of each state that is left alone goes on to the start of an image, in so
// many operations. A power loss on the way is harmless to progress if the state that
// it leaves needs fewer. Operations on STATE are where progress is recorded; so the
// question is, for each state: after how many operations does one on STATE leave a
// state that needs fewer than this one? The most of that over all states is an up-time
// that is enough: if each power-on lasts as long, each gets nearer to the start of an
// image. It is worked out when the search is over, from what is noted here meanwhile.
//
// Noted are segments: what a boot does until it starts an image, resets, has to choose,
// or comes to where another segment was.
//
// The same is asked of the time that the operations take. So of each segment it is noted
// how long they take, in stretches of operations that take equally long. Most segments do
// the same as the one before them, an erase, and share its stretches.

#ifndef CP_FAULTS_LIVENESS_H
#define CP_FAULTS_LIVENESS_H

#include "faults/result.h"

#define CP_SEGMENT_NONE UINT32_MAX

enum cp_segment_end {
    CP_SEGMENT_OPEN,
    CP_SEGMENT_STARTS, // an image was started, or there is no way to go on
    CP_SEGMENT_JOINS,  // goes on as segment `next` does from its operation `next_offset`
    CP_SEGMENT_RESETS, // goes on as the boot of state `next`
    CP_SEGMENT_FORKS,  // goes on as segment `next` or any of its siblings
};

struct cp_segment {
    uint32_t operations;
    uint32_t next, next_offset;
    uint32_t sibling; // another option of the same choice, or CP_SEGMENT_NONE
    uint32_t first_stretch;
    uint32_t stretch_count : 29;
    uint32_t end : 3; // enum cp_segment_end
};

// Operations of a segment, each as long, up to its operation `operations_end`; all up to
// there take end_us.
struct cp_stretch {
    uint64_t end_us;
    uint32_t operations_end, time_us;
};

// A power loss where progress may have been made.
struct cp_progress_cut {
    uint32_t segment, offset, state_id;
};

struct cp_liveness_notes {
    struct cp_segment *segments;
    uint32_t segment_count, segment_capacity;
    struct cp_stretch *stretches;
    uint32_t stretch_count, stretch_capacity;
    uint32_t kept_stretch, kept_count; // of the newest segment that has ended and has any
    uint32_t present_stretch;          // where those of the present segment begin
    uint32_t *segment_of_state;        // by state id
    uint32_t state_capacity;
    struct cp_progress_cut *cuts;
    uint32_t cut_count, cut_capacity;
};

void cp_liveness_free(struct cp_liveness_notes *notes);

// The boot of a state begins, or (with id 0) an option of the choice that ended
// segment `fork`. Returns the new segment, CP_SEGMENT_NONE without memory.
uint32_t cp_liveness_begin(struct cp_liveness_notes *notes, uint32_t state_id, uint32_t fork);

// The present segment, the one that was begun last, does an operation that takes so long.
// Returns 0, or -1 without memory.
int cp_liveness_operation(struct cp_liveness_notes *notes, uint32_t time_us);

// The present segment ends after so many operations.
void cp_liveness_end(struct cp_liveness_notes *notes, uint32_t segment, uint32_t operations,
                     enum cp_segment_end end, uint32_t next, uint32_t next_offset);

// A power loss after operation `offset` of a segment, one on STATE, leaves this state.
// Returns 0, or -1 without memory.
int cp_liveness_cut(struct cp_liveness_notes *notes, uint32_t segment, uint32_t offset,
                    uint32_t state_id);

// Work it out; `state_count` is the largest id. Returns 0, or -1 without memory.
int cp_liveness_conclude(struct cp_liveness_notes *notes, uint32_t state_count,
                         struct cp_liveness *liveness);

uint64_t cp_liveness_size_bytes(const struct cp_liveness_notes *notes);

#endif
