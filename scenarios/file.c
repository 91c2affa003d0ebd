// file.c: finding and reading scenario files.

#include "scenarios/file.h"

#include "scenarios/memory.h"

#include <errno.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool same_file(const struct stat *a, const struct stat *b) {
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

bool cp_scenario_was_read(const char *path, const struct cp_case_list *list) {
    struct stat status, other;
    if (stat(path, &status) != 0) {
        return false;
    }
    for (size_t i = 0; i < list->text_count; i++) {
        if (stat(list->texts[i].file, &other) == 0 && same_file(&status, &other)) {
            return true;
        }
    }
    return false;
}

static struct cp_scenario_text *keep(struct cp_case_list *list, const char *path, char *text,
                                     size_t size_bytes) {
    list->texts = cp_grow(list->texts, list->text_count, &list->text_capacity, sizeof *list->texts);
    struct cp_scenario_text *kept = &list->texts[list->text_count++];
    snprintf(kept->file, sizeof kept->file, "%s", path);
    kept->text = text;
    kept->size_bytes = size_bytes;
    return kept;
}

static struct cp_scenario_text *refuse(const char *path, const char *why, FILE *errors) {
    fprintf(errors, "%s: error: %s\n", path, why);
    return NULL;
}

static struct cp_scenario_text *read_stream(const char *path, FILE *file, struct cp_case_list *list,
                                            FILE *errors) {
    char *text = cp_allocate(CP_SCENARIO_SIZE_MAX_BYTES + 2u);
    size_t size_bytes = fread(text, 1, CP_SCENARIO_SIZE_MAX_BYTES + 1u, file);
    if (ferror(file) != 0 || size_bytes > CP_SCENARIO_SIZE_MAX_BYTES) {
        free(text);
        return refuse(path, ferror(file) != 0 ? "cannot be read" : "larger than 1 MiB", errors);
    }
    char *fitted = realloc(text, size_bytes + 1);
    return keep(list, path, fitted == NULL ? text : fitted, size_bytes);
}

struct cp_scenario_text *cp_scenario_read(const char *path, struct cp_case_list *list,
                                          FILE *errors) {
    if (strlen(path) >= sizeof list->texts->file) {
        return refuse(path, "the path is longer than 255 bytes", errors);
    }
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return refuse(path, strerror(errno), errors);
    }
    struct cp_scenario_text *text = read_stream(path, file, list, errors);
    fclose(file);
    return text;
}

static int by_name(const FTSENT **a, const FTSENT **b) {
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

static bool is_scenario(const FTSENT *entry) {
    size_t length = strlen(entry->fts_name);
    return entry->fts_info == FTS_F && length > 5 &&
           strcmp(entry->fts_name + length - 5, ".yaml") == 0;
}

static bool is_unreadable(const FTSENT *entry) {
    return entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR || entry->fts_info == FTS_NS;
}

int cp_scenarios_each(const char *directory, struct cp_case_list *list, FILE *errors,
                      int (*call)(const char *path, struct cp_case_list *list, FILE *errors)) {
    int result = 0;
    bool found = false;
    char *path = strdup(directory);
    char *const paths[] = {path, NULL};
    FTS *walk = path == NULL ? NULL : fts_open(paths, FTS_LOGICAL | FTS_NOCHDIR, by_name);
    FTSENT *entry;
    while (walk != NULL && (entry = fts_read(walk)) != NULL) {
        if (is_unreadable(entry)) {
            refuse(entry->fts_path, strerror(entry->fts_errno), errors);
            result++;
            found = true;
        } else if (is_scenario(entry)) {
            result += call(entry->fts_path, list, errors);
            found = true;
        }
    }
    if (walk != NULL) {
        fts_close(walk);
    }
    free(path);
    return found ? result : -1;
}
