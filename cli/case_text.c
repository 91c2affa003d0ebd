// case_text.c: the faults and bounds of a case in a few words.

#include "cli/case_text.h"

#include "cli/text.h"
#include "faults/only.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static unsigned bit_count(uint32_t bits) {
    return (unsigned)__builtin_popcount(bits);
}

__attribute__((format(printf, 3, 4))) static void append(char *out, size_t size, const char *format,
                                                         ...) {
    size_t end = strlen(out);
    va_list values;
    va_start(values, format);
    vsnprintf(out + end, size - end, format, values);
    va_end(values);
}

static void append_areas(uint32_t areas, char *out, size_t size) {
    static const char *const names[] = {"bootloader", "state", "active", "dfu", "factory"};
    const char *before = " in ";
    for (uint32_t i = 0; i < CP_AREA_COUNT; i++) {
        if (areas >> i & 1) {
            append(out, size, "%s%s", before, names[i]);
            before = "+";
        }
    }
}

void cp_case_text_faults(const struct cp_fault_model *faults, char *out, size_t size) {
    static const uint32_t all_phases = (1u << CP_PHASE_COUNT) - 1;
    unsigned erase_tears = bit_count(faults->erase_tears) + faults->erase_bit_mask_count;
    snprintf(out, size, "%s", faults->cut ? "cut" : "no faults");
    if (faults->cut && (faults->cut_phases & all_phases) == 1u << CP_PHASE_BOOTLOADER) {
        append(out, size, " in bootloader");
    } else if (faults->cut && (faults->cut_phases & all_phases) == 1u << CP_PHASE_APPLICATION) {
        append(out, size, " in application");
    }
    if (faults->program_tears) {
        append(out, size, ", torn program x%u", bit_count(faults->program_tears));
    }
    if (erase_tears) {
        append(out, size, ", torn erase x%u", erase_tears);
    }
    if (faults->program_tears || erase_tears) {
        append_areas(faults->torn_areas, out, size);
    }
}

static void append_bound(const char *name, uint32_t bound, const char *unit, char *out,
                         size_t size) {
    if (bound != CP_UNLIMITED) {
        append(out, size, "%s%s<=%s%s", *out ? " " : "", name, cp_number(bound).text, unit);
    }
}

void cp_case_text_bounds(const struct cp_bounds *bounds, char *out, size_t size) {
    out[0] = '\0';
    if (bounds->only) {
        uint32_t count = cp_only_count(bounds->only);
        snprintf(out, size, "only %u trace%s", count, count == 1 ? "" : "s");
    }
    append_bound("cuts", bounds->cuts_max, "", out, size);
    append_bound("torn", bounds->torn_max, "", out, size);
    append_bound("states", bounds->states_max, "", out, size);
    append_bound("time", bounds->seconds_max, "s", out, size);
    if (*out == '\0') {
        snprintf(out, size, "no bounds");
    }
}
