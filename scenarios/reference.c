// reference.c: the table as a Markdown page for people.

#include "scenarios/load.h"
#include "scenarios/table.h"
#include "scenarios/value.h"

#include <inttypes.h>
#include <string.h>

static void print_words(const struct cp_key *key, FILE *out) {
    for (size_t i = 0; key->word(i) != NULL; i++) {
        fprintf(out, "%s`%s`", i == 0 ? "" : ", ", key->word(i));
    }
}

static void print_number(const struct cp_key *key, const char *what, FILE *out) {
    char min[CP_VALUE_TEXT_MAX], max[CP_VALUE_TEXT_MAX];
    fputs(what, out);
    if (key->max < UINT32_MAX - 1u || key->type == CP_KEY_TIME) {
        fprintf(out, ", %s to %s", cp_value_text(min, key->type, key->min),
                cp_value_text(max, key->type, key->max));
    }
}

static void print_type(const struct cp_key *key, FILE *out) {
    switch (key->type) {
    case CP_KEY_MAP: fputs("mapping", out); break;
    case CP_KEY_IMAGES:
    case CP_KEY_PARTS: fprintf(out, "mapping of up to %" PRIu64 " names", key->max); break;
    case CP_KEY_MATRIX: fputs("mapping of dotted keys to lists", out); break;
    case CP_KEY_TEXT: fprintf(out, "text of up to %" PRIu64 " bytes", key->max); break;
    case CP_KEY_NAME: fputs("name", out); break;
    case CP_KEY_IMAGE: fputs("name of an image", out); break;
    case CP_KEY_PART: fputs("name of a part: `cutproof list --targets`", out); break;
    case CP_KEY_INTEGER: print_number(key, "number", out); break;
    case CP_KEY_SIZE: print_number(key, "size", out); break;
    case CP_KEY_OFFSET: print_number(key, "offset", out); break;
    case CP_KEY_HEX: print_number(key, "hexadecimal number", out); break;
    case CP_KEY_TIME: print_number(key, "time", out); break;
    case CP_KEY_BOOLEAN: fputs("`true` or `false`", out); break;
    case CP_KEY_WORD: print_words(key, out); break;
    case CP_KEY_WORDS:
        fputs("list of ", out);
        print_words(key, out);
        break;
    case CP_KEY_LABELS: fputs("list of words", out); break;
    case CP_KEY_SEQUENCE: fputs("list of names of images", out); break;
    case CP_KEY_TRACES: fputs("a trace, or a list of traces", out); break;
    }
}

static void print_alternatives(const struct cp_key *key, FILE *out) {
    static const struct {
        unsigned flag;
        const char *text;
    } alternatives[] = {
        {CP_KEY_OR_MASKS, ", bit masks such as `0x20202020`"},
        {CP_KEY_OR_ALL, "; or `all`"},
        {CP_KEY_OR_NONE, "; or `none`"},
        {CP_KEY_OR_UNLIMITED, "; or `unlimited`"},
    };
    for (size_t i = 0; i < sizeof alternatives / sizeof alternatives[0]; i++) {
        if ((key->flags & alternatives[i].flag) != 0) {
            fputs(alternatives[i].text, out);
        }
    }
}

static void print_row(const struct cp_key *key, FILE *out) {
    fprintf(out, "| `%s` | ", key->path);
    print_type(key, out);
    print_alternatives(key, out);
    if ((key->flags & CP_KEY_REQUIRED) != 0) {
        fputs(" | required", out);
    } else if (key->fallback != NULL) {
        fprintf(out, " | `%s`", key->fallback);
    } else {
        fputs(" | ", out);
    }
    fprintf(out, " | %s |\n", key->help);
}

void cp_scenario_print_reference(FILE *out) {
    size_t count;
    const struct cp_key *keys = cp_keys(&count);
    fprintf(out,
            "# Keys of a scenario\n\n"
            "Printed from the table that the loader checks with (`scenarios/table.c`).\n"
            "Sizes are written with a unit (%s), times as well (%s). An offset is\n"
            "hexadecimal (`0x6000`) or has a unit (`24KiB`). A key below a mapping is\n"
            "required only if that mapping is there.\n\n"
            "| key | value | default | meaning |\n|---|---|---|---|\n",
            cp_value_units(CP_KEY_SIZE), cp_value_units(CP_KEY_TIME));
    for (size_t i = 0; i < count; i++) {
        print_row(&keys[i], out);
    }
}
