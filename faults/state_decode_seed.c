// state_decode_seed.c: STATE of the format seed; docs/SPEC.md, section 1.2.
//
// Words of W bytes: magic, validity, 2N steps of the swap, 2N of the revert.

#include "faults/state_decode_internal.h"

#define WORD_MAGIC      0u
#define WORD_VALID      1u
#define WORD_FIRST_STEP 2u

static bool word_holds(const struct cp_state_view *view, uint32_t word, uint8_t value) {
    const uint32_t width = view->write_size_bytes;
    return cp_state_holds(view, word * width, width, value);
}

static bool word_is_torn(const struct cp_state_view *view, uint32_t word) {
    return cp_state_is_torn(view, word * view->write_size_bytes, view->write_size_bytes);
}

static const char *magic_name(const struct cp_state_view *view) {
    static const struct {
        uint8_t value;
        const char *name;
    } magics[] = {{0xD0, "Boot"}, {0xF0, "Swap"}, {0xC0, "Revert"}, {0xE0, "Detach"}};
    for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++) {
        if (word_holds(view, WORD_MAGIC, magics[i].value)) {
            return magics[i].name;
        }
    }
    return NULL;
}

static void say_magic(const struct cp_state_view *view, struct cp_state_words *words) {
    const char *name = magic_name(view);
    if (name) {
        cp_state_say(words, "%s", name);
    } else if (word_holds(view, WORD_MAGIC, view->erase_value)) {
        cp_state_say(words, "magic erased, read as Boot");
    } else {
        cp_state_say(words, "magic");
        for (uint32_t i = 0; i < view->write_size_bytes && i < 8; i++) {
            cp_state_say(words, " %02x", view->bytes[i]);
        }
        cp_state_say(words, " is none, read as Boot");
    }
    if (word_is_torn(view, WORD_MAGIC)) {
        cp_state_say(words, " (torn)");
    }
}

// Done only if no byte of its word is erased.
static bool is_done(const struct cp_state_view *view, uint32_t step) {
    const uint32_t width = view->write_size_bytes, start = (WORD_FIRST_STEP + step) * width;
    for (uint32_t i = 0; i < width; i++) {
        if (view->bytes[start + i] == view->erase_value) {
            return false;
        }
    }
    return true;
}

static void say_steps(const struct cp_state_view *view, struct cp_state_words *words) {
    const uint32_t half = 2 * view->page_unit_count;
    uint32_t next = 0;
    while (next < 2 * half && is_done(view, next)) {
        next++;
    }
    if (next < half) {
        cp_state_say(words, ", %u of %u swap steps", (unsigned)next, (unsigned)half);
    } else if (next == half) {
        cp_state_say(words, ", all %u swap steps", (unsigned)half);
    } else {
        cp_state_say(words, ", swapped, %u of %u revert steps", (unsigned)(next - half),
                     (unsigned)half);
    }
}

static void say_torn_steps(const struct cp_state_view *view, struct cp_state_words *words) {
    uint32_t count = 0, first = 0;
    for (uint32_t step = 0; step < 4 * view->page_unit_count; step++) {
        if (word_is_torn(view, WORD_FIRST_STEP + step)) {
            first = count++ == 0 ? step : first;
        }
    }
    if (count > 0) {
        cp_state_say(words, ", step %u torn", (unsigned)first + 1);
    }
    if (count > 1) {
        cp_state_say(words, " and %u more", (unsigned)count - 1);
    }
}

static bool has_progress(const struct cp_state_view *view) {
    const uint32_t width = view->write_size_bytes;
    return !cp_state_holds(view, WORD_FIRST_STEP * width, 4 * view->page_unit_count * width,
                           view->erase_value);
}

void cp_state_decode_seed(const struct cp_state_view *view, struct cp_state_words *words) {
    const uint32_t used_words = WORD_FIRST_STEP + 4 * view->page_unit_count;
    if (view->size_bytes / view->write_size_bytes < used_words) {
        cp_state_say(words, "seed: STATE is too small");
        return;
    }
    cp_state_say(words, "seed: ");
    say_magic(view, words);
    if (!word_holds(view, WORD_VALID, view->erase_value)) {
        cp_state_say(words, ", progress not valid");
    } else if (has_progress(view) || word_holds(view, WORD_MAGIC, 0xF0)) {
        say_steps(view, words);
    }
    if (word_is_torn(view, WORD_VALID)) {
        cp_state_say(words, ", validity torn");
    }
    say_torn_steps(view, words);
}
