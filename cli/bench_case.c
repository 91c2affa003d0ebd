// bench_case.c: the cases of the standard benchmark, of any number of pages.
//
// They go through the loader like a scenario of one's own: the text that is made here
// can be kept and run. The images lie in place from the start, as in seed/torn-any.

#include "cli/bench_case.h"

#include "cli/select.h"
#include "cli/text.h"

#include <stdio.h>

#define KIB        1024u
#define BOOT_KIB   24u
#define WORD_BYTES 4u
#define MEMORY_GIB 8u
#define TEARS      "  torn_program: [any]\n  torn_erase: [any]\n  torn_in: [active, dfu]\n"

struct geometry {
    uint32_t page_kib, state_kib, active_kib;
};

static const struct kind {
    const char *name, *firmware, *tears, *more_promises;
    uint32_t states_a_word; // of ACTIVE, at least: the time to go is told from it
} kinds[CP_BENCH_KIND_COUNT] = {
    [CP_BENCH_CLEAN] = {"clean", "good", "", ", bounded-wear", 15},
    [CP_BENCH_TORN] = {"torn", "good", TEARS, ", bounded-wear", 45},
    // Two losses start such an update over, so its wear has no bound: N2 of known-holes.md.
    [CP_BENCH_LIFECYCLE] = {"lifecycle", "either", TEARS, "", 45},
};

// STATE has words for magic, validity and four steps a page; docs/SPEC.md, 1.1.
static struct geometry geometry_of(const struct cp_bench_flash *flash, uint32_t pages) {
    uint32_t state_bytes = (2 + 4 * pages) * WORD_BYTES;
    uint32_t state_pages = (state_bytes + flash->page_bytes - 1) / flash->page_bytes;
    uint32_t page_kib = flash->page_bytes / KIB;
    return (struct geometry){page_kib, state_pages * page_kib, pages * page_kib};
}

static int write_layout(char *out, size_t size, const struct geometry *geometry) {
    uint32_t active_at = BOOT_KIB + geometry->state_kib;
    uint32_t dfu_at = active_at + geometry->active_kib;
    return snprintf(out, size,
                    "layout:\n"
                    "  bootloader: {at: 0x0, size: %uKiB}\n"
                    "  state: {at: %uKiB, size: %uKiB}\n"
                    "  active: {at: %uKiB, size: %uKiB}\n"
                    "  dfu: {at: %uKiB, size: %uKiB}\n"
                    "  buffer: 64B\n",
                    BOOT_KIB, BOOT_KIB, geometry->state_kib, active_at, geometry->active_kib,
                    dfu_at, geometry->active_kib + geometry->page_kib);
}

// The part that a product with so many pages would have.
static const char *part_for(const struct cp_bench_flash *flash, const struct geometry *geometry) {
    const struct cp_part *part = cp_part_find(flash->part);
    uint32_t end_kib =
        BOOT_KIB + geometry->state_kib + 2 * geometry->active_kib + geometry->page_kib;
    bool is_too_small = flash->larger_part && part && end_kib > part->size_bytes / KIB;
    return is_too_small ? flash->larger_part : flash->part;
}

static void write_yaml(const struct cp_bench_flash *flash, const struct kind *kind,
                       struct cp_bench_case *made) {
    const struct geometry geometry = geometry_of(flash, made->pages);
    char layout[512];
    write_layout(layout, sizeof layout, &geometry);
    snprintf(made->yaml, sizeof made->yaml,
             "schema: 1\n"
             "name: bench/%s-%u-pages\n"
             "about: A case of the standard benchmark.\n"
             "tags: [bench]\n"
             "target: {part: %s}\n"
             "format: seed\n"
             "%s"
             "images:\n"
             "  old: {size: %uKiB}\n"
             "  new: {size: %uKiB, firmware: %s}\n"
             "lifecycle: {start: old, dfu: new, updates: [new]}\n"
             "faults:\n"
             "  cut: every-event\n"
             "%s"
             "properties: [bootable, resumes, no-phantom-update, unconfirmed-reverts,"
             " confirmed-stays%s]\n"
             "explore: {time: 1h, memory: %uGiB}\n"
             "expect: {verdict: proved, min_states: %u}\n",
             kind->name, made->pages, part_for(flash, &geometry), layout, geometry.active_kib,
             geometry.active_kib, kind->firmware, kind->tears, kind->more_promises, MEMORY_GIB,
             geometry.active_kib * KIB / WORD_BYTES * kind->states_a_word);
}

int cp_bench_case_make(const struct cp_bench_flash *flash, uint32_t pages, enum cp_bench_kind kind,
                       struct cp_bench_case *made) {
    struct cp_case_list list = {0};
    made->pages = pages;
    write_yaml(flash, &kinds[kind], made);
    int err = cp_select_from_text("bench.yaml", made->yaml, &list) == 0 ? 0 : -1;
    if (err || list.count != 1) {
        cp_complain("the case of %u pages cannot be made", pages);
        err = -1;
    } else {
        made->test_case = list.cases[0];
    }
    cp_case_list_free(&list);
    return err;
}
