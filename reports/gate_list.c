// gate_list.c: the list of what differs, and the sentence for each.

#include "reports/gate_internal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *cp_gate_class_name(enum cp_gate_class class) {
    static const char *const names[CP_GATE_CLASS_COUNT] = {
        [CP_GATE_CHANGED] = "changed",           [CP_GATE_ADDED] = "added",
        [CP_GATE_UNCHANGED] = "unchanged",       [CP_GATE_IMPROVED] = "improved",
        [CP_GATE_NOT_COMPARED] = "not compared", [CP_GATE_INCONCLUSIVE] = "INCONCLUSIVE",
        [CP_GATE_REGRESSED] = "REGRESSED",
    };
    return (unsigned)class < CP_GATE_CLASS_COUNT ? names[class] : "?";
}

static struct cp_gate_change *append(struct cp_gate_result *result) {
    if (result->change_count == result->change_capacity) {
        size_t capacity = result->change_capacity ? 2 * result->change_capacity : 64;
        struct cp_gate_change *grown = realloc(result->changes, capacity * sizeof *grown);
        if (!grown) {
            result->is_out_of_memory = true;
            return NULL;
        }
        result->changes = grown;
        result->change_capacity = capacity;
    }
    return &result->changes[result->change_count];
}

static char *write_text(const char *format, va_list values) {
    va_list again;
    va_copy(again, values);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    char *text = length < 0 ? NULL : malloc((size_t)length + 1);
    if (text) {
        vsnprintf(text, (size_t)length + 1, format, values);
    }
    return text;
}

static struct cp_gate_change *add(struct cp_gate *gate, enum cp_gate_class class,
                                  const char *subject, const char *what, const char *format,
                                  va_list values) {
    struct cp_gate_result *result = gate->result;
    struct cp_gate_change *change = append(result);
    char *text = change ? write_text(format, values) : NULL;
    if (!text) {
        result->is_out_of_memory = true;
        return NULL;
    }
    *change = (struct cp_gate_change){.class = class, .what = what, .text = text};
    snprintf(change->subject, sizeof change->subject, "%s", subject);
    result->change_count++;
    result->counts[class]++;
    return change;
}

void cp_gate_add(struct cp_gate *gate, enum cp_gate_class class, const char *subject,
                 const char *what, const char *format, ...) {
    va_list values;
    va_start(values, format);
    add(gate, class, subject, what, format, values);
    va_end(values);
}

static void group_digits(char *out, size_t size, uint64_t value) {
    char digits[24];
    size_t length = (size_t)snprintf(digits, sizeof digits, "%" PRIu64, value);
    size_t end = 0;
    for (size_t i = 0; i < length && end + 2 < size; i++) {
        if (i > 0 && (length - i) % 3 == 0) {
            out[end++] = ',';
        }
        out[end++] = digits[i];
    }
    out[end] = '\0';
}

#define GROUPED_MAX 1e18 // beyond, as the C library writes it

struct cp_gate_number cp_gate_number(double value) {
    struct cp_gate_number number;
    double size = value < 0 ? -value : value;
    if (!(size < GROUPED_MAX) || (size < 1e15 && size != (double)(uint64_t)size)) {
        snprintf(number.text, sizeof number.text, size < 1e15 ? "%.4f" : "%g", value);
        size_t end = strlen(number.text);
        while (size < 1e15 && number.text[end - 1] == '0' && number.text[end - 2] != '.') {
            number.text[--end] = '\0';
        }
        return number;
    }
    number.text[0] = '-';
    group_digits(number.text + (value < 0), sizeof number.text - 1, (uint64_t)size);
    return number;
}

// By how much the value differs, in the terms of its limit: "+2.1%", or "12 lost".
static void write_difference(const struct cp_gate_value *value, bool is_percent, char *out,
                             size_t size) {
    double difference = value->fresh - value->base;
    double percent = value->base != 0 ? 100 * difference / value->base : 0;
    if (is_percent && value->base > 0 && (percent >= 0.05 || percent <= -0.05)) {
        snprintf(out, size, "%+.1f%%", percent);
        return;
    }
    bool is_worse =
        value->worse_by > 0 || (difference > 0) != (value->more == CP_GATE_MORE_IS_BETTER);
    double by = value->worse_by > 0 ? value->worse_by : difference < 0 ? -difference : difference;
    snprintf(out, size, "%s %s", cp_gate_number(by).text, is_worse ? value->worse : value->better);
}

static void write_limit(const struct cp_gate_limit *limit, char *out, size_t size) {
    if (limit->is_unlimited) {
        snprintf(out, size, "unlimited");
    } else {
        snprintf(out, size, "%s%s", cp_gate_number(limit->value).text,
                 limit->is_percent ? "%" : "");
    }
}

static enum cp_gate_class class_of(const struct cp_gate_value *value, enum cp_gate_trend trend) {
    if (value->is_told_only) {
        return CP_GATE_CHANGED;
    }
    if (trend == CP_GATE_BETTER && !value->is_gain_neutral) {
        return CP_GATE_IMPROVED;
    }
    return trend == CP_GATE_WORSE ? CP_GATE_REGRESSED : CP_GATE_CHANGED;
}

static struct cp_gate_change *add_sentence(struct cp_gate *gate, enum cp_gate_class class,
                                           const struct cp_gate_value *value, const char *format,
                                           ...) {
    va_list values;
    va_start(values, format);
    struct cp_gate_change *change = add(gate, class, value->subject, value->what, format, values);
    va_end(values);
    return change;
}

// What was lost counts, even if as much was gained.
static enum cp_gate_trend judge(const struct cp_gate_value *value, struct cp_gate_limit limit) {
    return value->worse_by > 0 ? cp_gate_judge(value->base, value->base - value->worse_by,
                                               CP_GATE_MORE_IS_BETTER, limit)
                               : cp_gate_judge(value->base, value->fresh, value->more, limit);
}

void cp_gate_tell(struct cp_gate *gate, const struct cp_gate_value *value) {
    struct cp_gate_limit limit = cp_gate_limit_for(gate->limits, value->limit, value->subject);
    enum cp_gate_trend trend = judge(value, limit);
    if (trend == CP_GATE_SAME) {
        return;
    }
    char difference[64], bound[48], held[64];
    bool is_free =
        value->is_told_only || limit.is_unlimited || value->more == CP_GATE_MORE_IS_NEITHER;
    write_difference(value, limit.is_percent || limit.is_unlimited, difference, sizeof difference);
    write_limit(&limit, bound, sizeof bound);
    snprintf(held, sizeof held, is_free ? "no threshold" : "threshold %s", bound);
    struct cp_gate_change *change =
        add_sentence(gate, class_of(value, trend), value, "%s %s%s -> %s%s (%s, %s%s%s)",
                     value->noun, cp_gate_number(value->base).text, value->unit,
                     cp_gate_number(value->fresh).text, value->unit, difference, held,
                     value->detail ? "; " : "", value->detail ? value->detail : "");
    if (change) {
        change->has_values = true;
        change->base = value->base;
        change->fresh = value->fresh;
        snprintf(change->limit, sizeof change->limit, "%s", is_free ? "" : bound);
    }
}

void cp_gate_result_free(struct cp_gate_result *result) {
    for (size_t i = 0; i < result->change_count; i++) {
        free(result->changes[i].text);
    }
    free(result->changes);
    *result = (struct cp_gate_result){0};
}
