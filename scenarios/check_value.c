// check_value.c: the form of one value: type, unit, range, known word.

#include "scenarios/check.h"

#include "faults/result.h"
#include "faults/trace.h"
#include "scenarios/suggest.h"
#include "scenarios/value.h"

#include <stdarg.h>
#include <string.h>

static const char *const kind_names[] = {"a single value", "a list", "a mapping"};

__attribute__((format(printf, 4, 5))) static void refuse(struct cp_report *report,
                                                         struct cp_node *node, const char *help,
                                                         const char *format, ...) {
    char message[200];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    cp_report_add(report, node->mark, "%s", message);
    if (help != NULL) {
        cp_report_help(report, "%s", help);
    }
    node->is_broken = true;
}

// --- numbers ---

static const char *example_of(const struct cp_key *key) {
    switch (key->type) {
    case CP_KEY_SIZE: return "write a size with its unit, such as 16B, 64KiB or 1MiB";
    case CP_KEY_OFFSET: return "write an offset such as 0x6000, or with its unit such as 24KiB";
    case CP_KEY_HEX: return "write a hexadecimal number such as 0xFF";
    case CP_KEY_TIME: return "write a time with its unit, such as 41us, 85ms, 60s or 10m";
    default:
        return (key->flags & CP_KEY_OR_UNLIMITED) != 0
                   ? "write a whole number without a unit, or unlimited"
                   : "write a whole number without a unit";
    }
}

static void refuse_range(const struct cp_key *key, struct cp_node *node, struct cp_report *report) {
    char min[CP_VALUE_TEXT_MAX], max[CP_VALUE_TEXT_MAX];
    refuse(report, node, NULL, "'%.40s' is out of range", node->text);
    cp_value_text(min, key->type, key->min);
    cp_value_text(max, key->type, key->max);
    if (key->min == key->max) {
        cp_report_help(report, "it must be %s", min);
    } else {
        cp_report_help(report, "from %s to %s", min, max);
    }
}

static void refuse_step(const struct cp_key *key, struct cp_node *node, struct cp_report *report) {
    char step[CP_VALUE_TEXT_MAX];
    refuse(report, node, NULL, "'%.40s' is not a multiple of %s", node->text,
           cp_value_text(step, key->type, key->step));
}

static void check_number(const struct cp_key *key, struct cp_node *node, struct cp_report *report) {
    uint64_t value;
    const char *help = example_of(key);
    switch (cp_value_number(key, node->text, &value)) {
    case CP_VALUE_OK: break;
    case CP_VALUE_WITHOUT_UNIT:
        refuse(report, node, help, "'%.40s' has no unit", node->text);
        break;
    case CP_VALUE_UNKNOWN_UNIT:
        refuse(report, node, NULL, "'%.40s' has an unknown unit", node->text);
        cp_report_help(report, "the units are %s", cp_value_units(key->type));
        break;
    case CP_VALUE_TOO_SMALL:
    case CP_VALUE_TOO_LARGE: refuse_range(key, node, report); break;
    case CP_VALUE_NOT_A_MULTIPLE: refuse_step(key, node, report); break;
    default: refuse(report, node, help, "'%.40s' is not a number", node->text); break;
    }
}

static void check_integer(const struct cp_key *key, struct cp_node *node,
                          struct cp_report *report) {
    if (!node->is_plain) {
        refuse(report, node, "remove the quotes", "a number in quotes is a text");
        return;
    }
    check_number(key, node, report);
}

static void check_boolean(struct cp_node *node, struct cp_report *report) {
    if (!node->is_plain || (strcmp(node->text, "true") != 0 && strcmp(node->text, "false") != 0)) {
        refuse(report, node, "write true or false", "'%.40s' is neither true nor false",
               node->text);
    }
}

// --- words ---

// The list of all words, if it is short enough to be read in a hint.
static bool list_words(const struct cp_key *key, char *list, size_t size) {
    size_t length = 0;
    list[0] = '\0';
    for (size_t i = 0; key->word(i) != NULL; i++) {
        const char *comma = i == 0 ? "" : ", ";
        length += (size_t)snprintf(list + length, size - length, "%s%s", comma, key->word(i));
        if (length >= size) {
            return false;
        }
    }
    return true;
}

static void help_word(const struct cp_key *key, const char *wrong, struct cp_report *report) {
    char list[200];
    struct cp_suggestion suggestion = cp_suggest(wrong);
    for (size_t i = 0; key->word(i) != NULL; i++) {
        cp_suggest_offer(&suggestion, key->word(i));
    }
    if (suggestion.best != NULL) {
        cp_report_help(report, "did you mean '%s'?", suggestion.best);
    } else if (list_words(key, list, sizeof list)) {
        cp_report_help(report, "one of: %s", list);
    }
}

// What a word of this key is called in a message: the last part of its path.
static const char *noun_of(const struct cp_key *key) {
    const char *dot = strrchr(key->path, '.');
    const char *name = dot == NULL ? key->path : dot + 1;
    if (strcmp(name, "properties") == 0 || strcmp(name, "violates") == 0) {
        return "promise";
    }
    return strncmp(name, "torn_", 5) == 0 && strcmp(name, "torn_in") != 0 ? "tear" : name;
}

static void check_word(const struct cp_key *key, struct cp_node *node, struct cp_report *report) {
    if (cp_key_word_index(key, node->text) < 0) {
        refuse(report, node, NULL, "unknown %s '%.60s'", noun_of(key), node->text);
        help_word(key, node->text, report);
    }
}

// --- texts ---

// A plain 5, true or ~ is no text to other readers of YAML.
static bool reads_as_other_type(const struct cp_node *node) {
    static const char *const words[] = {"", "~", "null", "true", "false"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (node->is_plain && strcmp(node->text, words[i]) == 0) {
            return true;
        }
    }
    return node->is_plain && strspn(node->text, "0123456789.+-eE_") == strlen(node->text);
}

static bool check_length(const struct cp_key *key, struct cp_node *node, struct cp_report *report) {
    if (reads_as_other_type(node)) {
        refuse(report, node, "put it in quotes if it is meant", "'%.40s' is not a text",
               node->text);
        return false;
    }
    if (strlen(node->text) < key->min || strlen(node->text) > key->max) {
        refuse(report, node, NULL, "the text is too %s", node->text[0] == '\0' ? "short" : "long");
        cp_report_help(report, "at most %u bytes", (unsigned)key->max);
        return false;
    }
    return true;
}

bool cp_is_name(const char *text, bool with_slashes) {
    const char *allowed = "abcdefghijklmnopqrstuvwxyz0123456789-/";
    return *text != '\0' && text[strspn(text, allowed)] == '\0' &&
           (with_slashes || strchr(text, '/') == NULL);
}

bool cp_is_image_name(const char *text) {
    return cp_is_name(text, false) && text[0] >= 'a' && text[0] <= 'z' &&
           strlen(text) <= CP_IMAGE_NAME_MAX && strcmp(text, "none") != 0;
}

bool cp_is_part_name(const char *text) {
    return cp_is_name(text, false) && text[0] >= 'a' && text[0] <= 'z' &&
           strlen(text) <= CP_USER_PART_NAME_MAX;
}

static void check_name(const struct cp_key *key, struct cp_node *node, struct cp_report *report) {
    if (check_length(key, node, report) && !cp_is_name(node->text, true)) {
        refuse(report, node, "use a-z, 0-9, '-', and '/' for groups", "'%.60s' is not a name",
               node->text);
    }
}

// Whether it exists is seen when the script or the devices are read.
static void check_reference(struct cp_node *node, const char *help, struct cp_report *report) {
    if (reads_as_other_type(node)) {
        refuse(report, node, help, "'%.40s' is not a name", node->text);
    }
}

static void check_image(struct cp_node *node, struct cp_report *report) {
    check_reference(node, "write the name of one of `images`", report);
}

// --- lists ---

static void check_twice(struct cp_node *list, struct cp_node *item, struct cp_report *report) {
    for (const struct cp_node *other = list->first; other != item; other = other->next) {
        if (strcmp(other->text, item->text) == 0 && !item->is_broken) {
            refuse(report, item, NULL, "'%.60s' is there twice", item->text);
            return;
        }
    }
}

static void check_mask(struct cp_node *item, uint64_t mask, struct cp_report *report) {
    if (mask == 0 || mask == UINT32_MAX) {
        refuse(report, item, "a mask erases some of the bits of a word, not none and not all",
               "'%.40s' tears nothing", item->text);
    }
}

static void check_label(struct cp_node *item, struct cp_report *report) {
    if (!cp_is_name(item->text, false) || reads_as_other_type(item)) {
        refuse(report, item, "use a-z, 0-9 and '-'", "'%.60s' is not a tag", item->text);
    }
}

static void check_trace(struct cp_node *item, struct cp_report *report) {
    char error[CP_MESSAGE_MAX] = "";
    struct cp_token token;
    const char *cursor = item->text;
    int more = 1;
    if (item->is_plain && *item->text == '\0') {
        refuse(report, item, "write \"\" if the trace without a cut is meant", "no trace");
        return;
    }
    while (more > 0) {
        more = cp_trace_next(&cursor, &token, error);
    }
    if (more < 0) {
        refuse(report, item, NULL, "%s", error);
    } else if (strlen(item->text) >= CP_TRACE_MAX) {
        refuse(report, item, NULL, "the trace is too long");
    }
}

static void check_item(const struct cp_key *key, struct cp_node *item, struct cp_report *report) {
    uint64_t mask;
    if (item->kind != CP_NODE_SCALAR) {
        refuse(report, item, NULL, "expected a single value, found %s", kind_names[item->kind]);
    } else if (item->is_broken) {
        return;
    } else if ((key->flags & CP_KEY_OR_MASKS) != 0 && cp_value_hex(item->text, &mask)) {
        check_mask(item, mask, report);
    } else if (key->type == CP_KEY_WORDS) {
        check_word(key, item, report);
    } else if (key->type == CP_KEY_LABELS) {
        check_label(item, report);
    } else if (key->type == CP_KEY_SEQUENCE) {
        check_image(item, report);
    } else if (key->type == CP_KEY_TRACES) {
        check_trace(item, report);
    }
}

static void check_list(const struct cp_key *key, struct cp_node *list, struct cp_report *report) {
    for (struct cp_node *item = list->first; item != NULL; item = item->next) {
        check_item(key, item, report);
        check_twice(list, item, report);
        list->is_broken = list->is_broken || item->is_broken;
    }
    size_t count = cp_node_count(list);
    if (count < key->min || (key->max != 0 && count > key->max)) {
        refuse(report, list, NULL, count < key->min ? "the list is empty" : "the list is too long");
        if ((key->flags & CP_KEY_OR_NONE) != 0) {
            cp_report_help(report, "write none if none is meant");
        }
    }
}

static bool is_list_type(const struct cp_key *key) {
    return key->type == CP_KEY_WORDS || key->type == CP_KEY_LABELS ||
           key->type == CP_KEY_SEQUENCE || key->type == CP_KEY_TRACES;
}

static bool is_word_for_list(const struct cp_key *key, const struct cp_node *node) {
    return ((key->flags & CP_KEY_OR_ALL) != 0 && strcmp(node->text, "all") == 0) ||
           ((key->flags & CP_KEY_OR_NONE) != 0 && strcmp(node->text, "none") == 0);
}

static void refuse_kind(const struct cp_key *key, struct cp_node *node, struct cp_report *report) {
    const char *expected = is_list_type(key) ? "a list" : "a single value";
    refuse(report, node, NULL, "expected %s, found %s", expected, kind_names[node->kind]);
    if (is_list_type(key) && node->kind == CP_NODE_SCALAR && node->text[0] != '\0') {
        cp_report_help(report, "write [%.60s]", node->text);
    }
}

static void check_scalar(const struct cp_key *key, struct cp_node *node, struct cp_report *report) {
    switch (key->type) {
    case CP_KEY_TEXT: check_length(key, node, report); break;
    case CP_KEY_NAME: check_name(key, node, report); break;
    case CP_KEY_IMAGE: check_image(node, report); break;
    case CP_KEY_PART: check_reference(node, "write the name of a part", report); break;
    case CP_KEY_HEX:
    case CP_KEY_INTEGER: check_integer(key, node, report); break;
    case CP_KEY_BOOLEAN: check_boolean(node, report); break;
    case CP_KEY_WORD: check_word(key, node, report); break;
    default: check_number(key, node, report); break;
    }
}

void cp_check_value(const struct cp_key *key, struct cp_node *node, struct cp_report *report) {
    if (node->is_broken) {
        return;
    }
    if (is_list_type(key)) {
        if (node->kind == CP_NODE_LIST) {
            check_list(key, node, report);
        } else if (node->kind == CP_NODE_SCALAR && key->type == CP_KEY_TRACES) {
            check_trace(node, report);
        } else if (node->kind != CP_NODE_SCALAR || !is_word_for_list(key, node)) {
            refuse_kind(key, node, report);
        }
    } else if (node->kind != CP_NODE_SCALAR) {
        refuse_kind(key, node, report);
    } else {
        check_scalar(key, node, report);
    }
}
