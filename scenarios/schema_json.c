// schema_json.c: the table as a JSON Schema, for editors and other readers.
//
// It holds the form of a file. What relates one value to another (areas that
// overlap, an image that does not exist, ranges of values with a unit) is beyond
// it, and only the loader sees that.
//
// Readers of YAML turn 0x6000 into a number, so offsets, masks and all that is hexadecimal may be
// numbers.

#include "scenarios/json_writer.h"
#include "scenarios/load.h"
#include "scenarios/table.h"
#include "scenarios/value.h"
#include "scenarios/words.h"

#include <string.h>

#define IMAGE_PATTERN "[a-z][a-z0-9-]{0,30}"
#define PART_PATTERN  "[a-z][a-z0-9-]{0,39}"

static void print_children(struct cp_json *json, const char *path);

static void print_range(struct cp_json *json, const struct cp_key *key) {
    cp_json_string(json, "type", "integer");
    cp_json_number(json, "minimum", key->min);
    cp_json_number(json, "maximum", key->max);
}

static void print_integer(struct cp_json *json, const struct cp_key *key) {
    if ((key->flags & CP_KEY_OR_UNLIMITED) == 0) {
        print_range(json, key);
        return;
    }
    cp_json_open(json, "anyOf", '[');
    cp_json_open(json, NULL, '{');
    print_range(json, key);
    cp_json_close(json, '}');
    cp_json_open(json, NULL, '{');
    cp_json_string(json, "const", "unlimited");
    cp_json_close(json, '}');
    cp_json_close(json, ']');
}

static void print_pattern(struct cp_json *json, const char *pattern) {
    cp_json_string(json, "type", "string");
    cp_json_string(json, "pattern", pattern);
}

static void print_unit(struct cp_json *json, const struct cp_key *key) {
    char pattern[80];
    snprintf(pattern, sizeof pattern, "^[0-9]+(%s)$", cp_value_unit_pattern(key->type));
    print_pattern(json, pattern);
}

static void print_number_or(struct cp_json *json, const struct cp_key *key, const char *pattern) {
    cp_json_open(json, "anyOf", '[');
    cp_json_open(json, NULL, '{');
    print_range(json, key);
    cp_json_close(json, '}');
    cp_json_open(json, NULL, '{');
    print_pattern(json, pattern);
    cp_json_close(json, '}');
    cp_json_close(json, ']');
}

static void print_offset(struct cp_json *json, const struct cp_key *key) {
    char pattern[80];
    snprintf(pattern, sizeof pattern, "^(0x[0-9A-Fa-f]+|[0-9]+(%s))$",
             cp_value_unit_pattern(key->type));
    print_number_or(json, key, pattern);
}

static void print_text(struct cp_json *json, const struct cp_key *key) {
    cp_json_string(json, "type", "string");
    cp_json_number(json, "minLength", key->min);
    cp_json_number(json, "maxLength", key->max);
    if (key->type == CP_KEY_NAME) {
        cp_json_string(json, "pattern", "^[a-z0-9/-]+$");
    }
}

static void print_words(struct cp_json *json, const struct cp_key *key) {
    cp_json_open(json, "enum", '[');
    for (size_t i = 0; key->word(i) != NULL; i++) {
        cp_json_string(json, NULL, key->word(i));
    }
    cp_json_close(json, ']');
}

// --- lists ---

static void print_word_or_mask(struct cp_json *json, const struct cp_key *key) {
    cp_json_open(json, "anyOf", '[');
    cp_json_open(json, NULL, '{');
    print_words(json, key);
    cp_json_close(json, '}');
    cp_json_open(json, NULL, '{');
    cp_json_string(json, "type", "integer");
    cp_json_number(json, "minimum", 1);
    cp_json_number(json, "maximum", UINT32_MAX - 1u);
    cp_json_close(json, '}');
    cp_json_close(json, ']');
}

// As strict as the form of a token; which events there are only a replay can tell.
static void print_trace(struct cp_json *json) {
    static const char token[] = "([abr][0-9]+|t[0-9]+\\.[^,]+|c[0-9]+=[0-9]+|v[0-9]+=[^,]+)";
    char pattern[200];
    snprintf(pattern, sizeof pattern, "^(%s(,%s)*)?$", token, token);
    print_pattern(json, pattern);
}

static void print_item(struct cp_json *json, const struct cp_key *key) {
    if (key->type == CP_KEY_LABELS) {
        print_pattern(json, "^[a-z0-9-]+$");
    } else if (key->type == CP_KEY_SEQUENCE) {
        print_pattern(json, "^" IMAGE_PATTERN "$");
    } else if (key->type == CP_KEY_TRACES) {
        print_trace(json);
    } else if ((key->flags & CP_KEY_OR_MASKS) != 0) {
        print_word_or_mask(json, key);
    } else {
        print_words(json, key);
    }
}

static void print_list(struct cp_json *json, const struct cp_key *key) {
    cp_json_string(json, "type", "array");
    cp_json_boolean(json, "uniqueItems", true);
    cp_json_number(json, "minItems", key->min);
    if (key->max != 0) {
        cp_json_number(json, "maxItems", key->max);
    }
    cp_json_open(json, "items", '{');
    print_item(json, key);
    cp_json_close(json, '}');
}

static void print_shorthand(struct cp_json *json, const struct cp_key *key) {
    cp_json_open(json, "enum", '[');
    if ((key->flags & CP_KEY_OR_ALL) != 0) {
        cp_json_string(json, NULL, "all");
    }
    if ((key->flags & CP_KEY_OR_NONE) != 0) {
        cp_json_string(json, NULL, "none");
    }
    cp_json_close(json, ']');
}

static void print_list_or_shorthand(struct cp_json *json, const struct cp_key *key) {
    if ((key->flags & (CP_KEY_OR_ALL | CP_KEY_OR_NONE)) == 0) {
        print_list(json, key);
        return;
    }
    cp_json_open(json, "anyOf", '[');
    cp_json_open(json, NULL, '{');
    print_list(json, key);
    cp_json_close(json, '}');
    cp_json_open(json, NULL, '{');
    print_shorthand(json, key);
    cp_json_close(json, '}');
    cp_json_close(json, ']');
}

static void print_traces(struct cp_json *json, const struct cp_key *key) {
    cp_json_open(json, "anyOf", '[');
    cp_json_open(json, NULL, '{');
    print_list(json, key);
    cp_json_close(json, '}');
    cp_json_open(json, NULL, '{');
    print_trace(json);
    cp_json_close(json, '}');
    cp_json_close(json, ']');
}

static void print_scalar(struct cp_json *json, const struct cp_key *key) {
    switch (key->type) {
    case CP_KEY_TEXT:
    case CP_KEY_NAME: print_text(json, key); break;
    case CP_KEY_IMAGE: print_pattern(json, "^" IMAGE_PATTERN "$"); break;
    case CP_KEY_PART: print_pattern(json, "^" PART_PATTERN "$"); break;
    case CP_KEY_INTEGER: print_integer(json, key); break;
    case CP_KEY_OFFSET: print_offset(json, key); break;
    case CP_KEY_HEX: print_number_or(json, key, "^0x[0-9A-Fa-f]+$"); break;
    case CP_KEY_BOOLEAN: cp_json_string(json, "type", "boolean"); break;
    case CP_KEY_WORD: print_words(json, key); break;
    default: print_unit(json, key); break;
    }
}

// --- the matrix: each key that has a single value, by its dotted path ---

static void print_choices(struct cp_json *json, const struct cp_key *key, const char *name) {
    cp_json_open(json, name, '{');
    cp_json_string(json, "type", "array");
    cp_json_boolean(json, "uniqueItems", true);
    cp_json_number(json, "minItems", 1);
    cp_json_open(json, "items", '{');
    if (key->type == CP_KEY_WORDS) {
        print_shorthand(json, key);
    } else {
        print_scalar(json, key);
    }
    cp_json_close(json, '}');
    cp_json_close(json, '}');
}

// images.*.size as a regular expression.
static void print_image_choices(struct cp_json *json, const struct cp_key *key) {
    char pattern[120];
    const char *last = strrchr(key->path, '.') + 1;
    snprintf(pattern, sizeof pattern, "^images\\.%s\\.%s$", IMAGE_PATTERN, last);
    print_choices(json, key, pattern);
}

static void print_axes(struct cp_json *json, bool of_images) {
    size_t count;
    const struct cp_key *keys = cp_keys(&count);
    cp_json_open(json, of_images ? "patternProperties" : "properties", '{');
    for (size_t i = 0; i < count; i++) {
        bool is_of_images = strchr(keys[i].path, '*') != NULL;
        if (!cp_key_suits_matrix(&keys[i]) || is_of_images != of_images) {
            continue;
        }
        if (of_images) {
            print_image_choices(json, &keys[i]);
        } else {
            print_choices(json, &keys[i], keys[i].path);
        }
    }
    cp_json_close(json, '}');
}

static void print_matrix(struct cp_json *json, const struct cp_key *key) {
    cp_json_string(json, "type", "object");
    cp_json_number(json, "minProperties", key->min);
    cp_json_number(json, "maxProperties", key->max);
    cp_json_boolean(json, "additionalProperties", false);
    print_axes(json, false);
    print_axes(json, true);
}

// --- mappings ---

static void print_required(struct cp_json *json, const char *path) {
    size_t count;
    const struct cp_key *keys = cp_keys(&count);
    cp_json_open(json, "required", '[');
    for (size_t i = 0; i < count; i++) {
        const char *name = cp_key_name_below(&keys[i], path);
        if (name != NULL && (keys[i].flags & CP_KEY_REQUIRED) != 0) {
            cp_json_string(json, NULL, name);
        }
    }
    cp_json_close(json, ']');
}

static void print_map(struct cp_json *json, const char *path) {
    cp_json_string(json, "type", "object");
    cp_json_boolean(json, "additionalProperties", false);
    print_required(json, path);
    cp_json_open(json, "properties", '{');
    print_children(json, path);
    cp_json_close(json, '}');
}

// A mapping whose keys are names the user chooses.
static void print_named(struct cp_json *json, const struct cp_key *key, const char *names,
                        const char *path) {
    cp_json_string(json, "type", "object");
    cp_json_number(json, "minProperties", key->min);
    cp_json_number(json, "maxProperties", key->max);
    cp_json_open(json, "propertyNames", '{');
    cp_json_string(json, "pattern", names);
    cp_json_close(json, '}');
    cp_json_open(json, "additionalProperties", '{');
    print_map(json, path);
    cp_json_close(json, '}');
}

static void print_default(struct cp_json *json, const struct cp_key *key) {
    uint64_t value;
    if (key->type == CP_KEY_BOOLEAN) {
        cp_json_boolean(json, "default", strcmp(key->fallback, "true") == 0);
    } else if (key->type == CP_KEY_INTEGER && strcmp(key->fallback, "unlimited") != 0 &&
               cp_value_number(key, key->fallback, &value) == CP_VALUE_OK) {
        cp_json_number(json, "default", value);
    } else {
        cp_json_string(json, "default", key->fallback);
    }
}

static void print_key(struct cp_json *json, const struct cp_key *key) {
    cp_json_string(json, "description", key->help);
    switch (key->type) {
    case CP_KEY_MAP: print_map(json, key->path); break;
    case CP_KEY_IMAGES: print_named(json, key, "^(?!none$)" IMAGE_PATTERN "$", "images.*"); break;
    case CP_KEY_PARTS: print_named(json, key, "^" PART_PATTERN "$", "parts.*"); break;
    case CP_KEY_MATRIX: print_matrix(json, key); break;
    case CP_KEY_WORDS:
    case CP_KEY_LABELS:
    case CP_KEY_SEQUENCE: print_list_or_shorthand(json, key); break;
    case CP_KEY_TRACES: print_traces(json, key); break;
    default: print_scalar(json, key); break;
    }
    if (key->fallback != NULL) {
        print_default(json, key);
    }
}

// Calls itself through print_map(), at most as deep as the table.
static void print_children(struct cp_json *json, const char *path) {
    size_t count;
    const struct cp_key *keys = cp_keys(&count);
    for (size_t i = 0; i < count; i++) {
        const char *name = cp_key_name_below(&keys[i], path);
        if (name != NULL && strcmp(name, "*") != 0) {
            cp_json_open(json, name, '{');
            print_key(json, &keys[i]);
            cp_json_close(json, '}');
        }
    }
}

// Without parts of its own, a file has only the known ones.
static void print_known_parts(struct cp_json *json) {
    static const char *const devices[] = {"target", "external"};
    cp_json_open(json, "if", '{');
    cp_json_open(json, "not", '{');
    cp_json_open(json, "required", '[');
    cp_json_string(json, NULL, "parts");
    cp_json_close(json, ']');
    cp_json_close(json, '}');
    cp_json_close(json, '}');
    cp_json_open(json, "then", '{');
    cp_json_open(json, "properties", '{');
    for (size_t i = 0; i < sizeof devices / sizeof devices[0]; i++) {
        cp_json_open(json, devices[i], '{');
        cp_json_open(json, "properties", '{');
        cp_json_open(json, "part", '{');
        print_words(json, &(struct cp_key){.word = cp_word_part});
        cp_json_close(json, '}');
        cp_json_close(json, '}');
        cp_json_close(json, '}');
    }
    cp_json_close(json, '}');
    cp_json_close(json, '}');
}

void cp_scenario_print_schema(FILE *out) {
    struct cp_json json = {.out = out};
    cp_json_open(&json, NULL, '{');
    cp_json_string(&json, "$schema", "https://json-schema.org/draft/2020-12/schema");
    cp_json_string(&json, "title", "Cutproof scenario, format 1");
    cp_json_string(&json, "$comment", "Printed by `cutproof check --print-schema`; do not edit.");
    print_map(&json, "");
    print_known_parts(&json);
    cp_json_close(&json, '}');
    fputc('\n', out);
}
