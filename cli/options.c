// options.c: the option table, the parser and the help text made from it.

#include "cli/options.h"

#include "cli/option_values.h"
#include "cli/text.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#define FIELD(field) offsetof(struct cp_options, field)
#define EXPLORES     (CP_COMMAND_RUN | CP_COMMAND_REPLAY | CP_COMMAND_BENCH)
#define SELECTS      (CP_COMMAND_RUN | CP_COMMAND_BENCH | CP_COMMAND_LIST | CP_COMMAND_LAYOUT)
#define SEARCHES     (CP_COMMAND_RUN | CP_COMMAND_BENCH)
#define MAKES        (CP_COMMAND_INIT | CP_COMMAND_KEYGEN | CP_COMMAND_SIGN)
#define TELLS        (CP_COMMAND_HELP | CP_COMMAND_VERSION)
#define PRINTS       (CP_COMMAND_COMPLETION | CP_COMMAND_LAYOUT | TELLS)
#define HAS_JSON     (CP_COMMAND_ALL & ~(uint32_t)(MAKES | PRINTS))

static const struct cp_option_row table[] = {
    {"log", 0, "LOG", FIELD(log), CP_COMMAND_RUN | CP_COMMAND_REPLAY | CP_COMMAND_MERGE,
     "run, merge: write the log here; replay: take the scenario from this log"},
    {"core", 0, "LIB.so", FIELD(core), EXPLORES | CP_COMMAND_MERGE,
     "test the program in this library, not the built-in core"},
    {"case", 0, "NAME", FIELD(case_name), SELECTS, "only the case of this name"},
    {"tag", 0, "TAG", FIELD(tag), SELECTS, "only the cases of scenarios with this tag"},
    {"jobs", 'j', "N", FIELD(jobs_text), SEARCHES, "searches at a time; default: the cores here"},
    {"engine", 0, "fast|slow|arm|both", FIELD(engine_name), SEARCHES | CP_COMMAND_REPLAY,
     "slow: boot again for every cut; arm: execute the ELF; both: that in step"},
    {"shard", 0, "I/N", FIELD(shard_text), SEARCHES, "only part I of N of each case; see merge"},
    {"max-time", 0, "TIME", FIELD(time_text), SEARCHES,
     "a budget for each case, such as 10s or 5m"},
    {"max-memory", 0, "SIZE", FIELD(memory_text), SEARCHES,
     "a budget for each case, such as 64MiB or 2GiB"},
    {"max-states", 0, "N", FIELD(states_text), SEARCHES, "a budget for each case"},
    {"audit", 0, NULL, FIELD(audit), SEARCHES, "check that torn words read as one class are one"},
    {"quick", 0, NULL, FIELD(quick), CP_COMMAND_BENCH, "a short benchmark, with small pages"},
    {"resume", 0, "LOG", FIELD(resume), CP_COMMAND_RUN, "go on with the run that wrote this log"},
    {"executed", 0, "FILE", FIELD(executed), CP_COMMAND_RUN,
     "with an engine that executes ARM code: write which instructions were"},
    {"fail-fast", 'x', NULL, FIELD(fail_fast), CP_COMMAND_RUN,
     "stop after the first case that is not as expected"},
    {"list-violations", 0, NULL, FIELD(list_violations), CP_COMMAND_RUN | CP_COMMAND_MERGE,
     "also show the violations that a scenario claims"},
    {"print-schema", 0, NULL, FIELD(print_schema), CP_COMMAND_CHECK,
     "print the JSON Schema of scenario files"},
    {"print-reference", 0, NULL, FIELD(print_reference), CP_COMMAND_CHECK,
     "print the reference of all scenario keys as Markdown"},
    {"targets", 0, NULL, FIELD(targets), CP_COMMAND_LIST, "list the parts that can be simulated"},
    {"header", 0, NULL, FIELD(header), CP_COMMAND_LAYOUT, "print a C header of what a build needs"},
    {"linker", 0, NULL, FIELD(linker), CP_COMMAND_LAYOUT, "print symbols for a linker script"},
    {"description", 0, NULL, FIELD(description), CP_COMMAND_LAYOUT,
     "print what an ELF has to say that it was built for"},
    {"out", 0, "FILE", FIELD(out), CP_COMMAND_KEYGEN | CP_COMMAND_SIGN,
     "keygen: the private key, PEM; sign: the signed image"},
    {"public", 0, "FILE", FIELD(public_out), CP_COMMAND_KEYGEN,
     "the public key: a C header if the name ends in .h, else PEM"},
    {"key", 0, "FILE", FIELD(key), CP_COMMAND_SIGN, "the private key that keygen made"},
    {"public-key", 0, "FILE", FIELD(public_key), CP_COMMAND_VERIFY,
     "the public key that keygen made, in either form"},
    {"version", 0, "X.Y.Z[+N]", FIELD(version_text), CP_COMMAND_SIGN,
     "of the image, for people; default: 0.0.0"},
    {"security-counter", 0, "N", FIELD(counter_text), CP_COMMAND_SIGN,
     "images with a smaller one count as downgrades; default: 0"},
    {"pad-to", 0, "BYTES", FIELD(pad_text), CP_COMMAND_SIGN,
     "fill up with 0xff so that the size is a multiple; default: 32"},
    {"html", 0, "FILE", FIELD(html), CP_COMMAND_REPORT, "a page to look at, all in one file"},
    {"junit", 0, "FILE", FIELD(junit), CP_COMMAND_REPORT, "JUnit XML: a test for each case"},
    {"sarif", 0, "FILE", FIELD(sarif), CP_COMMAND_REPORT,
     "SARIF 2.1.0: a finding for each violation, at its source line"},
    {"json", 0, "FILE", FIELD(json), CP_COMMAND_REPORT, "all of it as JSON"},
    {"markdown", 0, "FILE", FIELD(markdown), CP_COMMAND_REPORT | CP_COMMAND_GATE,
     "tables for a job summary"},
    {"annotations", 0, NULL, FIELD(annotations), CP_COMMAND_REPORT,
     "print GitHub annotations, at most ten"},
    {"step", 's', NULL, FIELD(step), CP_COMMAND_REPLAY, "step forward and back in the terminal"},
    {"until", 0, "OP", FIELD(until), CP_COMMAND_REPLAY,
     "only up to this event, such as 137 or 2:12 (after the first cut)"},
    {"gdb", 0, NULL, FIELD(gdb), CP_COMMAND_REPLAY, "stop in the core, at the last cut, in gdb"},
    {"save-as", 0, "FILE.yaml", FIELD(save_as), CP_COMMAND_REPLAY, "make a scenario of this trace"},
    {"image", 0, "WHEN=FILE", FIELD(image), CP_COMMAND_REPLAY,
     "before=FILE or after=FILE: the flash at the last cut; Intel HEX if it ends in .hex"},
    {"thresholds", 0, "FILE.yaml", FIELD(thresholds), CP_COMMAND_GATE,
     "YAML with what may change by how much"},
    {"source", 0, "TEXT", FIELD(source), CP_COMMAND_MEASURE,
     "the command that measured; default: this one"},
    {"force", 0, NULL, FIELD(force), CP_COMMAND_REPLAY | CP_COMMAND_KEYGEN | CP_COMMAND_SIGN,
     "replay: even if the id was made for something else; else: overwrite files"},
    {"verbose", 'v', NULL, FIELD(verbose),
     CP_COMMAND_REPLAY | CP_COMMAND_RUN | CP_COMMAND_MERGE | CP_COMMAND_GATE,
     "replay: show call chains, and STATE in words; else: tell more of each case"},
    {"format", 0, "human|json", FIELD(format_name), HAS_JSON, "how to print results"},
    {"color", 0, "auto|always|never", FIELD(color), CP_COMMAND_ALL,
     "colour of the output (also: NO_COLOR)"},
    {"help", 'h', NULL, FIELD(help), CP_COMMAND_ALL, "show this help"},
};

#define ROW_COUNT   (sizeof table / sizeof table[0])
#define FIRST_VALUE 256 // above every short form

const struct cp_option_row *cp_option_at(size_t index) {
    return index < ROW_COUNT ? &table[index] : NULL;
}

static void make_getopt_tables(uint32_t bit, struct option *options, char *letters) {
    *letters++ = ':'; // a missing argument is told from an unknown option
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (!(table[i].commands & bit)) {
            continue;
        }
        *options++ =
            (struct option){table[i].name, table[i].argument ? required_argument : no_argument,
                            NULL, FIRST_VALUE + (int)i};
        if (table[i].letter) {
            *letters++ = table[i].letter;
        }
        if (table[i].letter && table[i].argument) {
            *letters++ = ':';
        }
    }
    *options = (struct option){0};
    *letters = '\0';
}

static const struct cp_option_row *find_row(int value) {
    if (value >= FIRST_VALUE) {
        return &table[value - FIRST_VALUE];
    }
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (table[i].letter == value) {
            return &table[i];
        }
    }
    return NULL;
}

static void store(struct cp_options *options, const struct cp_option_row *row) {
    char *field = (char *)options + row->offset;
    if (row->argument) {
        memcpy(field, &optarg, sizeof optarg);
    } else {
        *(bool *)(void *)field = true;
    }
}

static int complain_unknown(uint32_t bit, const char *given) {
    struct cp_suggestion nearest = cp_suggestion_of(given + strspn(given, "-"));
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (table[i].commands & bit) {
            cp_suggestion_offer(&nearest, table[i].name);
        }
    }
    cp_complain("unknown or incomplete option '%s'", given);
    if (nearest.best) {
        cp_help("did you mean '--%s'?", nearest.best);
    }
    return -1;
}

static int check_choice(const char *option, const char *value, const char *const *choices) {
    struct cp_suggestion nearest = cp_suggestion_of(value);
    for (size_t i = 0; choices[i]; i++) {
        if (strcmp(choices[i], value) == 0) {
            return (int)i;
        }
        cp_suggestion_offer(&nearest, choices[i]);
    }
    cp_complain("'%s' is no value of --%s", value, option);
    cp_help(nearest.best ? "did you mean '%s'?" : "for example '%s'",
            nearest.best ? nearest.best : choices[0]);
    return -1;
}

static int check_values(struct cp_options *options) {
    static const char *const formats[] = {"human", "json", NULL};
    static const char *const colors[] = {"auto", "always", "never", NULL};
    int format = check_choice("format", options->format_name, formats);
    if (format < 0 || check_choice("color", options->color, colors) < 0) {
        return -1;
    }
    options->format = (enum cp_format)format;
    return cp_option_values(options);
}

int cp_options_parse(uint32_t command_bit, int argc, char **argv, struct cp_options *options) {
    struct option long_options[ROW_COUNT + 1];
    char letters[2 * ROW_COUNT + 2];
    make_getopt_tables(command_bit, long_options, letters);
    opterr = 0;
    for (;;) {
        int given = optind; // of the argument that is taken next
        int value = getopt_long(argc, argv, letters, long_options, NULL);
        if (value < 0) {
            break;
        }
        if (value == ':') {
            cp_complain("option '%s' needs a value", argv[optind - 1]);
            return -1;
        }
        if (value == '?') {
            return complain_unknown(command_bit, argv[given < optind ? optind - 1 : given]);
        }
        store(options, find_row(value));
    }
    options->arguments = argv + optind;
    options->argument_count = argc - optind;
    return check_values(options);
}

char *cp_options_command_line(const struct cp_options *options) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out) {
        return NULL;
    }
    for (int i = 0; i < options->all_count; i++) {
        bool is_plain =
            strcspn(options->all[i], " '\"$\\*?[]()&;<>|`!#\t\n") == strlen(options->all[i]);
        fprintf(out, is_plain ? "%s%s" : "%s'%s'", i ? " " : "", options->all[i]);
    }
    fclose(out);
    return text;
}

void cp_options_print_help(uint32_t command_bit) {
    for (size_t i = 0; i < ROW_COUNT; i++) {
        const struct cp_option_row *row = &table[i];
        if (row->commands & command_bit) {
            char shape[48];
            snprintf(shape, sizeof shape, "--%s%s%s", row->name, row->argument ? " " : "",
                     row->argument ? row->argument : "");
            printf("  %c%c%c %-26s %s\n", row->letter ? '-' : ' ', row->letter ? row->letter : ' ',
                   row->letter ? ',' : ' ', shape, row->help);
        }
    }
}
