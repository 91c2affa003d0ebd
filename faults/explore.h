// explore.h: run a case to its verdict.

#ifndef CP_FAULTS_EXPLORE_H
#define CP_FAULTS_EXPLORE_H

#include "faults/result.h"

// Load a program under test: the linked-in core for NULL, or a shared library.
// Returns NULL with a message in error[CP_MESSAGE_MAX] if it cannot be used.
const struct cp_program *cp_program_load(const char *path, char *error);

// The 32-bit identity of a case: of everything that decides what a trace means.
uint32_t cp_case_hash(const struct cp_case *test_case, const struct cp_program *program);

// How the states are searched; docs/DESIGN.md, "Two engines".
enum cp_engine {
    CP_ENGINE_FAST, // journal, snapshots, known runs: a small number of operations for each state
    CP_ENGINE_SLOW, // every boot is run again from power-on; states are known at a reset only
    CP_ENGINE_ARM,  // as fast; what is searched is the ARM code: docs/arm.md
    CP_ENGINE_BOTH, // as fast; host build and ARM code in step
    CP_ENGINE_COUNT
};

const char *cp_engine_name(enum cp_engine engine); // "fast", "slow", "arm", "both"

// The engine of that name; CP_ENGINE_COUNT if there is none.
enum cp_engine cp_engine_named(const char *name);

// All zero is a plain exploration with the fast engine.
struct cp_explore_options {
    enum cp_engine engine;
    // Check the claim that words read as one class are one: see docs/SPEC.md, "Audit".
    bool is_audit;
    // This process explores part `shard_index` of `shard_count` (0 and 1: all of it).
    // The parts overlap; together they reach every state that the whole reaches.
    uint32_t shard_index, shard_count;
    // The case's bound on states is a budget of this run: a result that stops there is
    // incomplete. Otherwise the case itself admits to that bound.
    bool is_states_budget;
    // What a violation kept the search from is cut in the first run all the same, once each,
    // for up to a second. The slow engine leaves it out.
    bool cuts_whole_first_run;
    // Where to leave what is known if the search stops early, and where to go on
    // from. Either may be NULL. A file is of use only to the same case, program,
    // part and build.
    const char *checkpoint, *resume;
};

// Does the case ask for an up-time that this engine does not work out?
bool cp_is_uptime_left_out(const struct cp_case *test_case, enum cp_engine engine);

// Explore the case; `options` may be NULL. Always fills *result, with
// CP_VERDICT_ERROR and a message if it could not be run. A violation that the case
// does not claim ends it. With `resume`, the sink is not told again of the states
// that were reported before; ids go on from there, and result counts are of all.
void cp_explore(const struct cp_case *test_case, const struct cp_program *program,
                const struct cp_explore_options *options, const struct cp_sink *sink,
                struct cp_result *result);

void cp_result_free(struct cp_result *result);

#endif
