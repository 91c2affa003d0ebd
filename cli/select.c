// select.c: load scenarios and choose among their cases.

#include "cli/select.h"

#include "cli/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const struct cp_case *cp_select_find(const struct cp_case_list *list, const char *name) {
    for (size_t i = 0; i < list->count; i++) {
        if (strcmp(list->cases[i].name, name) == 0) {
            return &list->cases[i];
        }
    }
    return NULL;
}

const char *cp_select_text_of(const struct cp_case_list *list, const struct cp_case *test_case) {
    for (size_t i = 0; i < list->text_count; i++) {
        if (strcmp(list->texts[i].file, test_case->file) == 0) {
            return list->texts[i].text;
        }
    }
    return NULL;
}

static enum cp_exit complain_no_case(const struct cp_case_list *list, const char *name) {
    struct cp_suggestion nearest = cp_suggestion_of(name);
    for (size_t i = 0; i < list->count; i++) {
        cp_suggestion_offer(&nearest, list->cases[i].name);
    }
    cp_complain("no case is named '%s'", name);
    if (nearest.best) {
        cp_help("did you mean '%s'?", nearest.best);
    }
    return CP_EXIT_NOTHING;
}

static enum cp_exit keep_named(struct cp_case_list *list, const char *name) {
    const struct cp_case *found = cp_select_find(list, name);
    if (!found) {
        return complain_no_case(list, name);
    }
    memmove(&list->cases[0], found, sizeof *found);
    list->count = 1;
    return CP_EXIT_OK;
}

static enum cp_exit keep_tagged(struct cp_case_list *list, const char *tag) {
    char wanted[CP_TAGS_MAX];
    size_t kept = 0;
    snprintf(wanted, sizeof wanted, ",%s,", tag);
    for (size_t i = 0; i < list->count; i++) {
        if (strstr(list->cases[i].tags, wanted)) {
            list->cases[kept++] = list->cases[i];
        }
    }
    list->count = kept;
    if (kept == 0) {
        cp_complain("no scenario has the tag '%s'", tag);
    }
    return kept == 0 ? CP_EXIT_NOTHING : CP_EXIT_OK;
}

static int load_path(const char *path, struct cp_case_list *list) {
    struct stat status;
    if (stat(path, &status) < 0) {
        cp_complain("cannot read '%s': %s", path, strerror(errno));
        return 1;
    }
    return cp_scenarios_load(path, list, stderr);
}

enum cp_exit cp_select_cases(const struct cp_options *options, char *const *paths, int path_count,
                             struct cp_case_list *list) {
    if (path_count == 0) {
        cp_complain("which scenarios? Give files or directories");
        return CP_EXIT_USAGE;
    }
    int error_count = 0;
    for (int i = 0; i < path_count; i++) {
        error_count += load_path(paths[i], list);
    }
    if (error_count > 0) {
        cp_complain("%d error%s; nothing was done", error_count, error_count == 1 ? "" : "s");
        return CP_EXIT_USAGE;
    }
    if (list->count == 0) {
        cp_complain("there is no case in what was given");
        return CP_EXIT_NOTHING;
    }
    if (options->case_name) {
        return keep_named(list, options->case_name);
    }
    return options->tag ? keep_tagged(list, options->tag) : CP_EXIT_OK;
}

static int write_text(const char *path, const char *text) {
    FILE *out = fopen(path, "w");
    if (!out) {
        return -1;
    }
    int err = fputs(text, out) < 0 ? -1 : 0;
    return fclose(out) == EOF ? -1 : err;
}

// The loader reads files, so the text is put into one that lives only meanwhile.
static int load_by_way_of(const char *directory, const char *text, struct cp_case_list *list) {
    char path[300];
    snprintf(path, sizeof path, "%s/scenario.yaml", directory);
    int result = -1;
    if (write_text(path, text) == 0) {
        result = cp_scenarios_load(path, list, stderr);
    } else {
        cp_complain("cannot write '%s': %s", path, strerror(errno));
    }
    unlink(path);
    return result;
}

int cp_select_from_text(const char *file, const char *text, struct cp_case_list *list) {
    const char *temporary = getenv("TMPDIR");
    char directory[256];
    snprintf(directory, sizeof directory, "%s/cutproof-XXXXXX",
             temporary && *temporary ? temporary : "/tmp");
    if (!mkdtemp(directory)) {
        cp_complain("cannot make a directory in '%s': %s", directory, strerror(errno));
        return -1;
    }
    size_t first = list->count, first_text = list->text_count;
    list->home = file;
    int result = load_by_way_of(directory, text, list);
    list->home = NULL;
    rmdir(directory);
    for (size_t i = first_text; i < list->text_count; i++) {
        snprintf(list->texts[i].file, sizeof list->texts[i].file, "%s", file);
    }
    for (size_t i = first; i < list->count; i++) {
        snprintf(list->cases[i].file, sizeof list->cases[i].file, "%s", file);
    }
    return result;
}
