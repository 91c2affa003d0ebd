// layout_check.c: can a bootloader work with this layout?
//
// The same rules as cp_boot_check() of the core, which would refuse it at each
// boot; here they are found before anything runs, and at their place.

#include "scenarios/layout.h"
#include "scenarios/value.h"

static uint64_t end_of(const struct cp_program_area *area) {
    return (uint64_t)area->offset_bytes + area->size_bytes;
}

static struct cp_page_run run_of(const struct cp_draft *draft, enum cp_area area) {
    return cp_part_page_run(cp_draft_device_of(draft, area), draft->out->areas[area].offset_bytes);
}

// `below` is the boundary of a page below the value, counted as the value is.
static void report_unaligned(struct cp_draft *draft, enum cp_area area, const char *key,
                             uint32_t below_bytes, uint32_t page_bytes) {
    char page[CP_VALUE_TEXT_MAX];
    const struct cp_part *part = cp_draft_device_of(draft, area);
    cp_report_add(draft->report, cp_area_key_place(draft, area, key),
                  "'%s' of '%s' is not a multiple of the erase size", key, cp_area_name(area));
    cp_report_help(draft->report, "pages of %s are %s%s; 0x%X and 0x%llX are the nearest",
                   part->name, cp_size_text(page, page_bytes),
                   part->region_count == 0 ? "" : " there", below_bytes,
                   (unsigned long long)below_bytes + page_bytes);
}

static void report_hole(struct cp_draft *draft, enum cp_area area, const struct cp_page_run *run) {
    cp_report_add(draft->report, cp_area_key_place(draft, area, "at"),
                  "'%s' begins where there is no flash", cp_area_name(area));
    cp_report_help(draft->report, "%s has a hole from 0x%X to 0x%X",
                   cp_draft_device_of(draft, area)->name, run->offset_bytes,
                   run->offset_bytes + run->size_bytes);
}

static void report_runs(struct cp_draft *draft, enum cp_area area, const struct cp_page_run *run) {
    char page[CP_VALUE_TEXT_MAX], next_page[CP_VALUE_TEXT_MAX];
    const struct cp_part *part = cp_draft_device_of(draft, area);
    uint32_t end = run->offset_bytes + run->size_bytes;
    struct cp_page_run next = cp_part_page_run(part, end);
    cp_report_add(draft->report, cp_area_key_place(draft, area, "size"),
                  "'%s' does not lie in pages of one size", cp_area_name(area));
    if (next.erase_size_bytes == 0) {
        cp_report_help(draft->report, "%s has no flash from 0x%X to 0x%X", part->name, end,
                       end + next.size_bytes);
    } else {
        cp_report_help(draft->report, "pages of %s are %s from 0x%X to 0x%X, and %s then",
                       part->name, cp_size_text(page, run->erase_size_bytes), run->offset_bytes,
                       end, cp_size_text(next_page, next.erase_size_bytes));
    }
}

// The bootloader is never written, so its pages may differ.
static void check_bootloader_end(struct cp_draft *draft, const struct cp_page_run *run) {
    const struct cp_program_area *range = &draft->out->areas[CP_AREA_BOOTLOADER];
    const struct cp_part *part = cp_draft_device_of(draft, CP_AREA_BOOTLOADER);
    uint32_t end = range->offset_bytes + range->size_bytes;
    struct cp_page last = cp_part_page(part, end - 1);
    if (last.size_bytes == 0) {
        report_runs(draft, CP_AREA_BOOTLOADER, run);
    } else if (end != last.offset_bytes + last.size_bytes) {
        report_unaligned(draft, CP_AREA_BOOTLOADER, "size", last.offset_bytes - range->offset_bytes,
                         last.size_bytes);
    }
}

static void check_size(struct cp_draft *draft, enum cp_area area, const struct cp_page_run *run) {
    const struct cp_program_area *range = &draft->out->areas[area];
    uint64_t end = end_of(range), run_end = (uint64_t)run->offset_bytes + run->size_bytes;
    uint32_t overhang_bytes = range->size_bytes % run->erase_size_bytes;
    bool is_inside = end <= cp_draft_device_of(draft, area)->size_bytes;
    if (end > run_end && is_inside && area == CP_AREA_BOOTLOADER) {
        check_bootloader_end(draft, run);
    } else if (end > run_end && is_inside) {
        report_runs(draft, area, run);
    } else if (overhang_bytes != 0) {
        report_unaligned(draft, area, "size", range->size_bytes - overhang_bytes,
                         run->erase_size_bytes);
    }
}

static void check_alignment(struct cp_draft *draft, enum cp_area area) {
    struct cp_page_run run = run_of(draft, area);
    uint32_t offset_bytes = draft->out->areas[area].offset_bytes;
    if (run.size_bytes == 0) {
        return; // outside of its device; see check_end()
    }
    if (run.erase_size_bytes == 0) {
        report_hole(draft, area, &run);
        return;
    }
    uint32_t over_bytes = (offset_bytes - run.offset_bytes) % run.erase_size_bytes;
    if (over_bytes != 0) {
        report_unaligned(draft, area, "at", offset_bytes - over_bytes, run.erase_size_bytes);
    }
    check_size(draft, area, &run);
}

static void check_end(struct cp_draft *draft, enum cp_area area) {
    char size[CP_VALUE_TEXT_MAX];
    const struct cp_part *part = cp_draft_device_of(draft, area);
    uint64_t end = end_of(&draft->out->areas[area]);
    if (end > part->size_bytes) {
        cp_report_add(draft->report, cp_area_place(draft, area), "'%s' ends beyond its device",
                      cp_area_name(area));
        cp_report_help(draft->report, "it ends at 0x%llX; %s has %s, up to 0x%X",
                       (unsigned long long)end, part->name, cp_size_text(size, part->size_bytes),
                       part->size_bytes);
    }
}

static void check_overlap(struct cp_draft *draft, enum cp_area first, enum cp_area second) {
    const struct cp_program_area *a = &draft->out->areas[first], *b = &draft->out->areas[second];
    if (a->device != b->device || a->offset_bytes >= end_of(b) || b->offset_bytes >= end_of(a)) {
        return;
    }
    bool blame_first =
        cp_area_is_from_matrix(draft, first) && !cp_area_is_from_matrix(draft, second);
    cp_report_add(draft->report, cp_area_place(draft, blame_first ? first : second),
                  "'%s' overlaps '%s'", cp_area_name(second), cp_area_name(first));
    cp_report_help(draft->report, "'%s' is 0x%X to 0x%llX, '%s' is 0x%X to 0x%llX",
                   cp_area_name(second), b->offset_bytes, (unsigned long long)end_of(b),
                   cp_area_name(first), a->offset_bytes, (unsigned long long)end_of(a));
}

static void check_page_units(struct cp_draft *draft, enum cp_area area) {
    char text[CP_VALUE_TEXT_MAX];
    uint32_t unit = cp_draft_page_unit_bytes(draft), page = cp_area_page_bytes(draft, area);
    // What is not even a whole number of pages was reported already.
    bool is_aligned = draft->out->areas[area].size_bytes % page == 0;
    if (is_aligned && draft->out->areas[area].size_bytes % unit != 0) {
        cp_report_add(draft->report, cp_area_key_place(draft, area, "size"),
                      "'%s' is not a whole number of page units", cp_area_name(area));
        cp_report_help(draft->report,
                       "a page unit is the larger page size of 'active' and 'dfu': %s",
                       cp_size_text(text, unit));
    }
}

// One page of the larger kind is swapped with whole pages of the smaller.
static void check_page_sizes(struct cp_draft *draft) {
    char active_text[CP_VALUE_TEXT_MAX], dfu_text[CP_VALUE_TEXT_MAX];
    uint32_t active = cp_area_page_bytes(draft, CP_AREA_ACTIVE);
    uint32_t dfu = cp_area_page_bytes(draft, CP_AREA_DFU);
    if (cp_draft_page_unit_bytes(draft) % (active < dfu ? active : dfu) != 0) {
        cp_report_add(draft->report, cp_area_place(draft, CP_AREA_DFU),
                      "pages of 'dfu' and 'active' do not divide one another");
        cp_report_help(draft->report, "they are %s and %s", cp_size_text(dfu_text, dfu),
                       cp_size_text(active_text, active));
    }
}

static void check_dfu_size(struct cp_draft *draft) {
    char needed[CP_VALUE_TEXT_MAX], page[CP_VALUE_TEXT_MAX];
    uint64_t unit = cp_draft_page_unit_bytes(draft);
    uint64_t least = draft->out->areas[CP_AREA_ACTIVE].size_bytes + unit;
    if (draft->out->areas[CP_AREA_DFU].size_bytes >= least) {
        return;
    }
    cp_report_add(draft->report, cp_area_key_place(draft, CP_AREA_DFU, "size"),
                  "'dfu' is not one page unit larger than 'active'");
    cp_report_help(draft->report, "it needs %s: the size of 'active' and one page unit of %s",
                   cp_size_text(needed, least), cp_size_text(page, unit));
}

// The format `seed`: a word each for magic and validity, and one for each of the
// two copies of each page, there and back.
static void check_state_size(struct cp_draft *draft) {
    char needed[CP_VALUE_TEXT_MAX];
    uint64_t unit = cp_draft_page_unit_bytes(draft);
    uint64_t pages = draft->out->areas[CP_AREA_ACTIVE].size_bytes / unit;
    uint64_t word = cp_draft_device_of(draft, CP_AREA_STATE)->write_size_bytes;
    uint64_t least = (2 + 4 * pages) * word;
    if (draft->out->areas[CP_AREA_STATE].size_bytes >= least) {
        return;
    }
    cp_report_add(draft->report, cp_area_key_place(draft, CP_AREA_STATE, "size"),
                  "'state' is too small for the progress of a swap");
    cp_report_help(draft->report, "format seed needs %s: (2 + 4 * %llu pages) * %uB",
                   cp_size_text(needed, least), (unsigned long long)pages, (unsigned)word);
}

// The format `journal`: two halves of whole pages, each with a record, its seal and slots.
static void check_journal_state(struct cp_draft *draft) {
    enum { HEADER_BYTES = 32, SPARE_SLOTS = 8, UNIT_MIN_BYTES = 4 };
    char needed[CP_VALUE_TEXT_MAX], has[CP_VALUE_TEXT_MAX];
    uint64_t pages = draft->out->is_direct ? 0
                                           : draft->out->areas[CP_AREA_ACTIVE].size_bytes /
                                                 cp_draft_page_unit_bytes(draft);
    uint32_t page_bytes = cp_area_page_bytes(draft, CP_AREA_STATE);
    uint64_t unit = cp_draft_device_of(draft, CP_AREA_STATE)->write_size_bytes;
    unit = unit < UNIT_MIN_BYTES ? UNIT_MIN_BYTES : unit;
    uint64_t least = HEADER_BYTES + (1 + 2 * pages + SPARE_SLOTS) * unit;
    uint64_t half = draft->out->areas[CP_AREA_STATE].size_bytes / 2 / page_bytes * page_bytes;
    if (half >= least) {
        return;
    }
    cp_report_add(draft->report, cp_area_key_place(draft, CP_AREA_STATE, "size"),
                  "'state' is too small for the two halves of a journal");
    cp_report_help(draft->report,
                   "format journal needs %s in each: 32B + (1 + 2 * %llu pages + 8) * %uB; two "
                   "halves of whole pages of %s",
                   cp_size_text(needed, least), (unsigned long long)pages, (unsigned)unit,
                   cp_size_text(has, page_bytes));
}

static void check_factory_size(struct cp_draft *draft) {
    char needed[CP_VALUE_TEXT_MAX];
    uint32_t active_bytes = draft->out->areas[CP_AREA_ACTIVE].size_bytes;
    if (draft->out->areas[CP_AREA_FACTORY].size_bytes < active_bytes) {
        cp_report_add(draft->report, cp_area_key_place(draft, CP_AREA_FACTORY, "size"),
                      "'factory' is smaller than 'active'");
        cp_report_help(draft->report, "all of it is copied: it needs %s",
                       cp_size_text(needed, active_bytes));
    }
}

static uint32_t largest_write_size_bytes(const struct cp_draft *draft) {
    uint32_t largest = 1;
    for (uint32_t i = 0; i < draft->out->device_count; i++) {
        uint32_t size = draft->out->devices[i].write_size_bytes;
        largest = size > largest ? size : largest;
    }
    return largest;
}

static void check_buffer(struct cp_draft *draft) {
    char text[CP_VALUE_TEXT_MAX];
    uint32_t buffer = draft->out->buffer_size_bytes;
    uint32_t unit = cp_draft_page_unit_bytes(draft), word = largest_write_size_bytes(draft);
    struct cp_mark place = cp_read_place(draft, "layout.buffer");
    if (buffer == 0) {
        return;
    }
    if (unit % buffer != 0 && !draft->out->is_direct) {
        cp_report_add(draft->report, place, "'buffer' does not divide the page unit");
        cp_report_help(draft->report, "the page unit is %s", cp_size_text(text, unit));
    } else if (buffer % word != 0) {
        cp_report_add(draft->report, place, "'buffer' is not a multiple of the write size");
        cp_report_help(draft->report, "words are %s", cp_size_text(text, word));
    }
}

static void check_ranges(struct cp_draft *draft) {
    for (uint32_t area = 0; area < CP_AREA_COUNT; area++) {
        if (!draft->area_known[area]) {
            continue;
        }
        check_alignment(draft, (enum cp_area)area);
        check_end(draft, (enum cp_area)area);
        for (uint32_t before = 0; before < area; before++) {
            if (draft->area_known[before]) {
                check_overlap(draft, (enum cp_area)before, (enum cp_area)area);
            }
        }
    }
}

void cp_check_layout(struct cp_draft *draft) {
    check_ranges(draft);
    if (!draft->area_known[CP_AREA_ACTIVE] || !draft->area_known[CP_AREA_DFU]) {
        return;
    }
    if (!draft->out->is_direct) {
        check_page_sizes(draft);
        check_page_units(draft, CP_AREA_ACTIVE);
        check_page_units(draft, CP_AREA_DFU);
        check_dfu_size(draft);
    }
    check_buffer(draft);
    if (draft->area_known[CP_AREA_STATE] && draft->is_journal) {
        check_journal_state(draft);
    } else if (draft->area_known[CP_AREA_STATE]) {
        check_state_size(draft);
    }
    if (draft->area_known[CP_AREA_FACTORY]) {
        check_factory_size(draft);
    }
}
