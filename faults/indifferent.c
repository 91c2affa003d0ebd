// indifferent.c: see indifferent.h.
//
// Each cut is replaced by others at its place: a torn one by other shapes and by cuts
// before and after the operation, a clean one by cuts after its neighbours. What breaks
// the same promise does not matter; what passes shows what does.

#include "faults/indifferent.h"

#include "faults/tears.h"
#include "faults/variant.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define TRIES_MAX      40u
#define CUTS_MAX       8u
#define NEIGHBOURS_MAX 16u // looked at on each side of a clean cut
#define SHAPES_MAX     (CP_ERASE_SHAPE_COUNT + CP_BIT_MASKS_MAX)
#define WORD_BYTES     4u
#define SAME_AFTER     "same after any of events %u to %u"

struct place {
    struct cp_variants *variants;
    const struct cp_tokens *tokens;
    const struct cp_torn_cut *cut;
    uint32_t number;      // of the cut, from 0
    uint32_t at;          // its place among the tokens
    bool is_any, is_last; // undecided until it is read; no cut follows
    char *text;           // what is told of it
};

__attribute__((format(printf, 2, 3))) static void append(char *text, const char *format, ...) {
    size_t end = strlen(text);
    va_list values;
    va_start(values, format);
    vsnprintf(text + end, CP_MESSAGE_MAX - end, format, values);
    va_end(values);
}

// --- another cut in the same place

static enum cp_variant try_clean(const struct place *place, uint32_t event_index) {
    struct cp_tokens other = *place->tokens;
    other.tokens[place->at] = (struct cp_token){.kind = CP_TOKEN_AFTER, .event_index = event_index};
    return cp_variant_try(place->variants, &other);
}

static enum cp_variant try_shape(const struct place *place, const char *name) {
    struct cp_tokens other = *place->tokens;
    snprintf(other.tokens[place->at].tear, sizeof(other.tokens[0].tear), "%s", name);
    return cp_variant_try(place->variants, &other);
}

static enum cp_variant try_read(const struct place *place, uint32_t value) {
    struct cp_tokens other = *place->tokens;
    char text[16];
    snprintf(text, sizeof(text), "%08x", (unsigned)value);
    cp_tokens_set_read(&other, place->number, place->cut->read_event, text);
    return cp_variant_try(place->variants, &other);
}

// --- torn programs

enum { BEFORE = CP_PROGRAM_SHAPE_COUNT, AFTER, WAYS };

static uint32_t word_after(const struct place *place, uint32_t way) {
    const struct cp_torn_cut *cut = place->cut;
    if (way == BEFORE || way == AFTER) {
        return way == BEFORE ? cut->old_value : cut->whole_value;
    }
    return cp_tear_program((enum cp_program_tear)way, cut->old_value, cut->whole_value);
}

static enum cp_variant try_program(const struct place *place, uint32_t way) {
    uint32_t event_index = place->cut->event_index;
    if (place->is_any) {
        return try_read(place, word_after(place, way));
    }
    if (way == BEFORE || way == AFTER) {
        return try_clean(place, way == BEFORE ? event_index - 1 : event_index);
    }
    return try_shape(place, cp_program_tear_name((enum cp_program_tear)way));
}

struct ways {
    enum cp_variant of[WAYS];
    bool is_tried[WAYS];
};

// Shapes that leave the same word are tried once.
static enum cp_variant look_program(const struct place *place, struct ways *ways, uint32_t way) {
    for (uint32_t other = 0; other < WAYS && !ways->is_tried[way]; other++) {
        if (ways->is_tried[other] && word_after(place, other) == word_after(place, way)) {
            ways->of[way] = ways->of[other];
            ways->is_tried[way] = true;
        }
    }
    if (!ways->is_tried[way]) {
        ways->of[way] = try_program(place, way);
        ways->is_tried[way] = true;
    }
    return ways->of[way];
}

// Which numbers of bytes programmed have this end: a bit for each.
static uint32_t bytes_that(const struct place *place, struct ways *ways, enum cp_variant end) {
    static const uint32_t way_of[WORD_BYTES + 1] = {BEFORE, CP_TEAR_BYTES_1, CP_TEAR_BYTES_2,
                                                    CP_TEAR_BYTES_3, AFTER};
    uint32_t bits = 0;
    for (uint32_t bytes = 0; bytes <= WORD_BYTES; bytes++) {
        bits |= (uint32_t)(look_program(place, ways, way_of[bytes]) == end) << bytes;
    }
    return bits;
}

// The numbers whose bits are set: "1, 2 and 4".
static void append_numbers(char *text, uint32_t bits) {
    for (uint32_t i = 0; bits >> i != 0; i++) {
        if ((bits >> i & 1u) != 0) {
            bool is_first = (bits & ((1u << i) - 1u)) == 0, is_last = bits >> i == 1;
            append(text, "%s%u", is_first ? "" : is_last ? " and " : ", ", (unsigned)i);
        }
    }
}

static void tell_bytes(const struct place *place, uint32_t same, uint32_t passes) {
    char *text = place->text;
    uint32_t low = (uint32_t)__builtin_ctz(same), high = 31u - (uint32_t)__builtin_clz(same);
    bool is_interval = (same >> low) + 1u == 1u << (high - low + 1);
    if (is_interval && low < high) {
        append(text, "same for any tear of %u to %u bytes", (unsigned)low, (unsigned)high);
    } else {
        append(text, "same at ");
        append_numbers(text, same);
        append(text, same == 1u << 1 ? " byte" : " bytes");
    }
    if (passes != 0) {
        append(text, "; passes at ");
        append_numbers(text, passes);
    }
}

// --- shapes

struct shapes {
    char names[SHAPES_MAX][32];
    enum cp_variant of[SHAPES_MAX];
    uint32_t count, same, passes;
    enum cp_variant before, after;
};

static void count_shapes(struct shapes *shapes) {
    shapes->same = shapes->passes = 0;
    for (uint32_t i = 0; i < shapes->count; i++) {
        shapes->same += shapes->of[i] == CP_VARIANT_BREAKS;
        shapes->passes += shapes->of[i] == CP_VARIANT_PASSES;
    }
}

// "low-nibbles and 2 other shapes of 11": the one of the trace first, if it is a shape.
static void append_shapes(char *text, const struct shapes *shapes, const char *own) {
    const char *first = "";
    for (uint32_t i = 0; i < shapes->count; i++) {
        if (shapes->of[i] == CP_VARIANT_BREAKS && (!*first || strcmp(shapes->names[i], own) == 0)) {
            first = shapes->names[i];
        }
    }
    if (shapes->same == 1) {
        append(text, "same for %s alone of %u shapes", first, (unsigned)shapes->count);
    } else if (shapes->same == shapes->count) {
        append(text, "same for all %u shapes", (unsigned)shapes->count);
    } else {
        append(text, "same for %s and %u other shape%s of %u", first, (unsigned)shapes->same - 1,
               shapes->same == 2 ? "" : "s", (unsigned)shapes->count);
    }
}

// "passes for all others, before and after"
static void append_passes(char *text, const struct shapes *shapes) {
    const char *sides[2] = {0};
    uint32_t count = 0;
    if (shapes->before == CP_VARIANT_PASSES) {
        sides[count++] = "before";
    }
    if (shapes->after == CP_VARIANT_PASSES) {
        sides[count++] = "after";
    }
    if (shapes->passes > 0 && shapes->passes == shapes->count - shapes->same) {
        append(text, "; passes for all others");
    } else if (shapes->passes > 0) {
        append(text, "; passes for %u", (unsigned)shapes->passes);
    } else if (count > 0) {
        append(text, "; passes %s%s%s", sides[0], count == 2 ? " and " : "",
               count == 2 ? sides[1] : "");
        return;
    }
    if (count > 0) {
        append(text, "%s%s%s%s", count == 2 ? ", " : " and ", sides[0], count == 2 ? " and " : "",
               count == 2 ? sides[1] : "");
    }
}

// What was not tried, for lack of time, would have to be told as well: then nothing is.
static bool is_all_known(const struct shapes *shapes) {
    for (uint32_t i = 0; i < shapes->count; i++) {
        if (shapes->of[i] == CP_VARIANT_UNKNOWN) {
            return false;
        }
    }
    return shapes->before != CP_VARIANT_UNKNOWN && shapes->after != CP_VARIANT_UNKNOWN;
}

static void tell_shapes(const struct place *place, struct shapes *shapes) {
    const char *own = place->tokens->tokens[place->at].tear;
    if (!is_all_known(shapes)) {
        return;
    }
    count_shapes(shapes);
    if (shapes->same > 0) {
        append_shapes(place->text, shapes, own);
    } else {
        append(place->text, "same for none of %u shapes", (unsigned)shapes->count);
    }
    append_passes(place->text, shapes);
}

static void tell_program_shapes(const struct place *place, struct ways *ways) {
    struct shapes shapes = {.count = CP_PROGRAM_SHAPE_COUNT};
    for (uint32_t i = 0; i < CP_PROGRAM_SHAPE_COUNT; i++) {
        snprintf(shapes.names[i], sizeof(shapes.names[i]), "%s",
                 cp_program_tear_name((enum cp_program_tear)i));
        shapes.of[i] = look_program(place, ways, i);
    }
    shapes.before = look_program(place, ways, BEFORE);
    shapes.after = look_program(place, ways, AFTER);
    tell_shapes(place, &shapes);
}

static void tell_program(const struct place *place) {
    struct ways ways = {0};
    if (place->is_any && (!place->cut->is_read || place->cut->is_read_as_page)) {
        return; // nobody looked at it
    }
    uint32_t same = bytes_that(place, &ways, CP_VARIANT_BREAKS);
    if (bytes_that(place, &ways, CP_VARIANT_UNKNOWN) != 0) {
        return;
    }
    if (same != 0) {
        tell_bytes(place, same, bytes_that(place, &ways, CP_VARIANT_PASSES));
    } else {
        tell_program_shapes(place, &ways);
    }
}

// --- torn erases

// An undecided page is replaced by shapes of decided words. Reads of these are no events,
// so that the events behind them would count otherwise: only the last cut can be replaced.
static struct cp_tokens without_reads(const struct place *place) {
    struct cp_tokens tokens = *place->tokens;
    for (uint32_t i = tokens.count; place->is_any && i-- > place->at + 1;) {
        if (tokens.tokens[i].kind == CP_TOKEN_READ) {
            cp_tokens_remove(&tokens, i);
        }
    }
    return tokens;
}

static bool has_choices_after(const struct place *place) {
    for (uint32_t i = place->at + 1; i < place->tokens->count; i++) {
        if (place->tokens->tokens[i].kind == CP_TOKEN_CHOICE) {
            return true;
        }
    }
    return false;
}

static void tell_erase(const struct place *given) {
    const struct cp_fault_model *faults = &given->variants->test_case.faults;
    if (given->is_any && (!given->is_last || has_choices_after(given))) {
        return;
    }
    struct cp_tokens tokens = without_reads(given);
    struct place place = *given;
    place.tokens = &tokens;
    struct shapes shapes = {.before = try_clean(&place, place.cut->event_index - 1),
                            .after = try_clean(&place, place.cut->event_index)};
    for (uint32_t tear = 0; tear < cp_erase_tear_total(faults); tear++) {
        if (tear < CP_ERASE_SHAPE_COUNT || tear >= CP_ERASE_TEAR_COUNT) {
            cp_erase_tear_label(faults, tear, shapes.names[shapes.count]);
            shapes.of[shapes.count] = try_shape(&place, shapes.names[shapes.count]);
            shapes.count++;
        }
    }
    tell_shapes(given, &shapes);
}

// --- clean cuts

// How far the same holds, going by `step` from the cut: the last event that breaks it.
// *is_end is set if the one behind it does not.
static uint32_t reach(const struct place *place, int32_t step, bool *is_end) {
    uint32_t event_index = place->cut->event_index;
    *is_end = false;
    for (uint32_t i = 0; i < NEIGHBOURS_MAX; i++) {
        *is_end = event_index == 0 && step < 0;
        if (*is_end) {
            break;
        }
        uint32_t next = event_index + (uint32_t)step;
        enum cp_variant variant = try_clean(place, next);
        *is_end = variant == CP_VARIANT_PASSES || variant == CP_VARIANT_OTHERWISE;
        if (variant != CP_VARIANT_BREAKS) {
            break;
        }
        event_index = next;
    }
    return event_index;
}

static void tell_clean(const struct place *place) {
    bool is_first, is_last;
    uint32_t first = reach(place, -1, &is_first), last = reach(place, 1, &is_last);
    bool is_exact = is_first && is_last;
    if (first == last) {
        if (is_exact) {
            append(place->text, "only after event %u", (unsigned)first);
        }
        return;
    }
    append(place->text, SAME_AFTER "%s", (unsigned)first, (unsigned)last,
           is_exact ? "" : " at least");
}

bool cp_indifferent_range(const struct cp_violation *violation, uint32_t *first, uint32_t *last) {
    char of_cut[32];
    unsigned from, to;
    snprintf(of_cut, sizeof(of_cut), "cut %u: ", (unsigned)violation->cuts);
    const char *part = strstr(violation->indifferent, of_cut);
    if (!part || sscanf(part + strlen(of_cut), SAME_AFTER, &from, &to) != 2) {
        return false;
    }
    *first = from;
    *last = to;
    return true;
}

// --- all cuts

static bool is_any(const struct cp_token *token) {
    return strncmp(token->tear, "any", 3) == 0;
}

static void tell_cut(const struct place *place) {
    if (!place->cut->is_torn) {
        tell_clean(place);
    } else if (place->cut->is_erase) {
        tell_erase(place);
    } else {
        tell_program(place);
    }
}

// A part that does not fit is left out as a whole.
static void append_part(char *text, uint32_t number, const char *part) {
    char whole[2 * CP_MESSAGE_MAX];
    snprintf(whole, sizeof(whole), "%scut %u: %s", *text ? "; " : "", (unsigned)number + 1, part);
    if (*part && strlen(text) + strlen(whole) < CP_MESSAGE_MAX) {
        strcat(text, whole);
    }
}

void cp_tell_indifferent(const struct cp_case *test_case, const struct cp_program *program,
                         struct cp_violation *violation, double seconds) {
    struct cp_variants variants;
    struct cp_torn_cut cuts[CUTS_MAX];
    struct cp_tokens tokens;
    violation->indifferent[0] = '\0';
    cp_variants_init(&variants, test_case, program, violation->promise, TRIES_MAX, seconds);
    if (violation->cuts == 0 || cp_tokens_read(violation->trace, &tokens)) {
        return;
    }
    uint32_t count = cp_variant_cuts(&variants, violation->trace, cuts, CUTS_MAX);
    for (uint32_t i = 0; i < count; i++) {
        char text[CP_MESSAGE_MAX] = "";
        uint32_t at = cp_tokens_cut(&tokens, i);
        struct place place = {.variants = &variants,
                              .tokens = &tokens,
                              .cut = &cuts[i],
                              .number = i,
                              .at = at,
                              .is_any = is_any(&tokens.tokens[at]),
                              .is_last = i + 1 == violation->cuts,
                              .text = text};
        tell_cut(&place);
        append_part(violation->indifferent, i, text);
    }
}
