// small_cases.h: small cases of the prover and a digest of what is reached of each, for
// comparing architectures, compilers' options and engines. It needs neither libraries nor
// files.

#ifndef CP_TESTS_SMALL_CASES_H
#define CP_TESTS_SMALL_CASES_H

#include "faults/explore.h"
#include "sim/cpu.h"
#include "sim/hash.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OLD_IMAGE, NEW_IMAGE, IMAGES };

static _Noreturn void die(const char *what) {
    fprintf(stderr, "error: %s\n", what);
    exit(2);
}

// --- cases

// One page each for bootloader and STATE, two for ACTIVE, three for DFU.
static void set_area(struct cp_case *made, enum cp_area area, uint32_t page, uint32_t count) {
    const uint32_t page_bytes = made->devices[0].erase_size_bytes;
    made->areas[area] = (struct cp_program_area){0, page * page_bytes, count * page_bytes};
}

static void set_image(struct cp_case *made, uint8_t image, const char *name,
                      enum cp_firmware firmware, uint8_t next) {
    struct cp_image *filled = &made->images[image];
    snprintf(filled->name, sizeof(filled->name), "%s", name);
    filled->size_bytes = made->areas[CP_AREA_ACTIVE].size_bytes;
    filled->seed = 7u + image;
    filled->firmware = firmware;
    filled->next = next;
}

static struct cp_case make_case(const char *name, uint32_t page_bytes, enum cp_firmware firmware) {
    const struct cp_part *part = cp_part_find("nrf51822");
    if (!part) {
        die("no such part");
    }
    struct cp_case made = {.device_count = 1, .image_count = IMAGES};
    snprintf(made.name, sizeof(made.name), "%s", name);
    made.devices[0] = *part;
    made.devices[0].erase_size_bytes = page_bytes;
    made.devices[0].size_bytes = 8 * page_bytes;
    set_area(&made, CP_AREA_BOOTLOADER, 0, 1);
    set_area(&made, CP_AREA_STATE, 1, 1);
    set_area(&made, CP_AREA_ACTIVE, 2, 2);
    set_area(&made, CP_AREA_DFU, 4, 3);
    set_image(&made, OLD_IMAGE, "old", CP_FIRMWARE_GOOD, NEW_IMAGE);
    set_image(&made, NEW_IMAGE, "new", firmware, CP_IMAGE_NONE);
    made.dfu_image = NEW_IMAGE;
    made.buffer_size_bytes = 64;
    made.chunk_size_bytes = 64;
    snprintf(made.format, sizeof(made.format), "seed");
    made.faults.cut = true;
    made.faults.cut_phases = 1u << CP_PHASE_BOOTLOADER | 1u << CP_PHASE_APPLICATION;
    made.faults.torn_areas = (1u << CP_AREA_COUNT) - 1u;
    made.bounds = (struct cp_bounds){.cuts_max = CP_UNLIMITED,
                                     .torn_max = CP_UNLIMITED,
                                     .states_max = CP_UNLIMITED,
                                     .seconds_max = CP_UNLIMITED};
    // All are claimed to be broken: as some never are, no violation ends the search.
    made.promises = (1u << CP_PROMISE_COUNT) - 1u;
    made.expect.violates = made.promises;
    made.expect.verdict = CP_VERDICT_VIOLATED;
    made.erases_per_update_max = 3;
    return made;
}

// --- the set of states

struct set {
    struct cp_hash *items;
    size_t count, capacity;
};

static int add_state(void *context, const struct cp_state_row *row) {
    struct set *set = context;
    if (set->count == set->capacity) {
        set->capacity = 2 * set->capacity + 1024;
        set->items = realloc(set->items, set->capacity * sizeof(*set->items));
        if (!set->items) {
            die("out of memory");
        }
    }
    set->items[set->count++] = (struct cp_hash){row->hash_low, row->hash_high};
    return 0;
}

static int compare(const void *a, const void *b) {
    const struct cp_hash *left = a, *right = b;
    if (left->high != right->high) {
        return left->high < right->high ? -1 : 1;
    }
    return left->low == right->low ? 0 : left->low < right->low ? -1 : 1;
}

static uint32_t broken(const struct cp_result *result) {
    uint32_t bits = 0;
    for (uint32_t i = 0; i < result->violation_count; i++) {
        bits |= 1u << result->violations[i].promise;
    }
    return bits;
}

// What must be the same wherever a case is explored, by whichever engine.
struct digest {
    uint64_t states, operations;
    struct cp_hash set;
    enum cp_verdict verdict;
    uint32_t broken;
};

static struct digest digest_of(const struct cp_case *test_case, enum cp_engine engine) {
    char error[CP_MESSAGE_MAX] = "";
    const struct cp_program *program = cp_program_load(NULL, error);
    if (!program) {
        die(error);
    }
    struct set set = {0};
    const struct cp_sink sink = {.context = &set, .state = add_state};
    const struct cp_explore_options options = {.engine = engine};
    struct cp_result result;
    cp_explore(test_case, program, &options, &sink, &result);
    if (result.verdict == CP_VERDICT_ERROR || result.states != set.count) {
        die(result.verdict == CP_VERDICT_ERROR ? result.error : "states are not all reported");
    }
    if (set.count > 0) {
        qsort(set.items, set.count, sizeof(*set.items), compare);
    }
    const struct digest digest = {.states = result.states,
                                  .operations = result.operations,
                                  .set =
                                      cp_hash_bytes(set.items, set.count * sizeof(*set.items), 0),
                                  .verdict = result.verdict,
                                  .broken = broken(&result)};
    cp_result_free(&result);
    free(set.items);
    return digest;
}

static void print_digest(const struct cp_case *test_case, const struct digest *digest) {
    printf("case %s: %s, %" PRIu64 " states, digest %016" PRIx64 "%016" PRIx64
           ", broken promises %x\n",
           test_case->name, cp_verdict_name(digest->verdict), digest->states, digest->set.high,
           digest->set.low, (unsigned)digest->broken);
    printf("# %" PRIu64 " operations\n", digest->operations);
}

// --- the cases

enum { SMALL_CASES = 4 };

static struct cp_case small_case(int index) {
    struct cp_case made = make_case("good", 256, CP_FIRMWARE_GOOD);
    if (index == 1) {
        made = make_case("either", 128, CP_FIRMWARE_EITHER);
        made.download = CP_DOWNLOAD_AS_IT_GOES;
        made.after_revert = CP_AFTER_REVERT_RETRY;
    } else if (index == 2) {
        made = make_case("torn", 64, CP_FIRMWARE_BAD);
        made.faults.program_tears = (1u << CP_PROGRAM_SHAPE_COUNT) - 1u;
        made.faults.erase_tears = (1u << CP_ERASE_SHAPE_COUNT) - 1u;
        made.bounds.torn_max = 1;
    } else if (index == 3) {
        made = make_case("undecided", 64, CP_FIRMWARE_EITHER);
        made.faults.program_tears = 1u << CP_TEAR_ANY;
        made.faults.erase_tears = 1u << CP_TEAR_ERASE_ANY_SUBSET;
        made.bounds.cuts_max = 1;
    }
    return made;
}

#endif
