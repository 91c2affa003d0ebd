// result.h: what an exploration reports while it runs and when it is over.

#ifndef CP_FAULTS_RESULT_H
#define CP_FAULTS_RESULT_H

#include "faults/case.h"

#define CP_TRACE_MAX       1024u
#define CP_MESSAGE_MAX     256u
#define CP_SITE_FRAMES_MAX 6u

// What became of a state when it was booted and left alone.
enum cp_outcome {
    CP_OUTCOME_STARTED,  // a complete image was started; see final_image
    CP_OUTCOME_MIXED,    // ACTIVE was started and is no known image
    CP_OUTCOME_DFU_MODE, // the external DFU mode was entered
    CP_OUTCOME_NO_BOOT,  // panic, crash, stall or boot loop
    CP_OUTCOME_UNKNOWN,  // stopped before it could be seen
    CP_OUTCOME_COUNT
};

const char *cp_outcome_name(enum cp_outcome outcome);

// How a state came about.
enum cp_edge {
    CP_EDGE_START,        // the device as delivered
    CP_EDGE_AFTER,        // power cut after the event (which is before the next one)
    CP_EDGE_TORN_PROGRAM, // power cut inside a program; `tear` says how
    CP_EDGE_TORN_ERASE,   // power cut inside an erase; `tear` says how
    CP_EDGE_RESET,        // the program resets the device, without power loss
    CP_EDGE_MCU_RESET,    // a fault resets the MCU alone, after the event
    CP_EDGE_COUNT
};

const char *cp_edge_name(enum cp_edge edge);

// One explored state: the flash (and the ghost of the promises) at a reset.
struct cp_state_row {
    uint32_t id;          // from 1, in the order of discovery
    uint32_t parent;      // the state whose run was cut to get here; 0 for the first
    uint32_t cuts;        // power losses on the way here
    uint32_t event_index; // the event of the parent's run, from 1; 0 = before any
    uint32_t site;        // index into the result's sites; UINT32_MAX where none applies
    enum cp_edge edge;
    uint32_t tear; // a cp_program_tear, or a cp_erase_tear, or CP_ERASE_TEAR_COUNT + mask index
    enum cp_phase phase; // what was running when the power went
    enum cp_outcome outcome;
    uint8_t final_image; // CP_IMAGE_NONE unless started
    uint64_t hash_high, hash_low;
};

// A place in the program that issues a flash operation: its call chain,
// innermost first, as return addresses.
struct cp_site {
    uintptr_t frames[CP_SITE_FRAMES_MAX];
    uint32_t frame_count;
    bool is_erase;
    uint64_t times;      // executed
    uint64_t cuts_after; // cut after it
    uint64_t cuts_torn;  // cut inside it
};

struct cp_violation {
    enum cp_promise promise;
    char trace[CP_TRACE_MAX]; // the cuts that lead to it: "a137,a12"; "" = none needed
    uint32_t cuts;
    bool is_shortest;  // no trace with fewer cuts exists
    bool is_of_search; // it is of the whole search: no trace shows it, and `trace` is empty
    char message[CP_MESSAGE_MAX];
    // What can be changed in the trace without changing the outcome, in words, such
    // as "the same for any tear of 1 to 3 bytes; passes at 0 and 4". May be empty.
    char indifferent[CP_MESSAGE_MAX];
};

// Successive events of the first run of the device, which when they are cut come to the same.
struct cp_cut_run {
    enum cp_edge edge; // CP_EDGE_AFTER, CP_EDGE_MCU_RESET or a torn operation
    uint32_t tear;     // as in cp_state_row
    uint32_t first, last;
    enum cp_outcome outcome;
    uint8_t final_image;
};

struct cp_promise_count {
    uint64_t exercised; // times it was checked with something at stake
    uint64_t violated;
};

struct cp_wear {
    uint32_t device, page;
    uint32_t erases_max; // in one update, on any explored path
    // In any stretch of one update with c power losses the page is erased at most
    // excess_max + c times.
    int32_t excess_max;
};

// How long a device must be left alone to get somewhere.
struct cp_liveness {
    // If every power-on lasts for at least this many flash operations, the device gets
    // to start an image, however often the power is cut. 0: nothing was ever to be done.
    uint64_t uptime_operations;
    // The most operations of a boot that is left alone, up to the start of an image.
    uint64_t boot_operations_max;
    // The same on the part's clock, with the time of the operations for their number.
    uint64_t uptime_us, boot_us_max;
};

// What the audit of torn words found: see docs/SPEC.md, "Audit".
struct cp_audit {
    uint64_t reads;     // different situations in which an undecided word was read
    uint64_t values;    // values tried there
    uint64_t surprises; // classes of values which the search without audit would miss
};

// Why a search ended before it was through.
enum cp_stop {
    CP_STOP_NONE,
    CP_STOP_VIOLATION,   // of a promise that the case does not claim to be broken
    CP_STOP_CLAIMS_MET,  // every promise claimed to be broken was seen broken
    CP_STOP_STATES,      // the bound on states
    CP_STOP_TIME,        // the budget of time
    CP_STOP_INTERRUPTED, // by the sink
    CP_STOP_LOG_FAILED,
    CP_STOP_MEMORY_BUDGET, // the search would need more than it may take
    CP_STOP_MEMORY,        // the system gave no more
    CP_STOP_NO_FUNCTION,   // the program is no function of the flash: no result means anything
    CP_STOP_APART,         // two programs in step did not do the same
    CP_STOP_COUNT
};

struct cp_result {
    enum cp_verdict verdict;
    bool expectation_met;
    enum cp_stop stop;
    bool is_complete;           // no budget, signal or lack of memory ended it
    bool interrupted;           // by the sink
    uint32_t cuts_max;          // power losses in one history of the search that this tells of
    char bound[CP_MESSAGE_MAX]; // the verdict's bound in words
    uint64_t states, cuts_explored, operations, boots;
    uint32_t cuts_deepest;
    double seconds;
    uint64_t visited_bytes; // memory of the visited sets
    uint64_t memo_hits;     // boots that were looked up, not executed
    uint64_t torn_reads;    // undecided words read, a branch for each class of values
    bool is_wear_exact;     // wear was followed over every history, not only on paths taken
    struct cp_liveness liveness;
    struct cp_audit audit;
    // The first lifecycle without any cut: its operations and time on the part.
    uint64_t uncut_programs, uncut_erases, uncut_time_us;
    // In it: the boot that did the first update, and the one that did the first revert, up
    // to the start of an image. 0: there was none.
    uint64_t update_us, revert_us;
    // The longest stretch without feeding the watchdog; without one, on the paths executed.
    uint64_t unfed_us_max;
    struct cp_violation violations[CP_PROMISE_COUNT];
    uint32_t violation_count;
    struct cp_promise_count promises[CP_PROMISE_COUNT];
    const struct cp_site *sites; // valid until cp_result_free()
    uint32_t site_count;
    struct cp_wear *wear;
    uint32_t wear_count;
    struct cp_cut_run *cuts; // by fault and event
    uint32_t cut_count;
    char error[CP_MESSAGE_MAX]; // with CP_VERDICT_ERROR
};

struct cp_progress {
    const struct cp_case *test_case;
    uint64_t states, operations;
    double seconds;
    uint32_t cuts_now;
};

// Where an exploration reports. state() is called once for each state, when its
// outcome is known; tick() several times a second, and returns false to stop.
struct cp_sink {
    void *context;
    int (*state)(void *context, const struct cp_state_row *row); // < 0: the log failed; stop
    bool (*tick)(void *context, const struct cp_progress *progress);
};

#endif
