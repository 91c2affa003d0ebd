// resume_file.c: see resume_file.h. A file is written aside and renamed, so that there is
// never half of one.

#include "cli/resume_file.h"

#include "cli/worker_wire.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void directory_of(const char *log, char path[CP_RESUME_PATH_MAX]) {
    snprintf(path, CP_RESUME_PATH_MAX, "%s.resume", log);
}

static void parts_path(const char *log, size_t case_index, const char *suffix,
                       char path[CP_RESUME_PATH_MAX]) {
    snprintf(path, CP_RESUME_PATH_MAX, "%s.resume/%zu.parts%s", log, case_index, suffix);
}

int cp_resume_make_directory(const char *log) {
    char path[CP_RESUME_PATH_MAX];
    directory_of(log, path);
    return mkdir(path, 0777) == 0 || errno == EEXIST ? 0 : -1;
}

void cp_resume_checkpoint(const char *log, size_t case_index, uint32_t part,
                          char path[CP_RESUME_PATH_MAX]) {
    snprintf(path, CP_RESUME_PATH_MAX, "%s.resume/%zu.%u", log, case_index, part);
}

bool cp_resume_has_checkpoint(const char *log, size_t case_index, uint32_t part) {
    char path[CP_RESUME_PATH_MAX];
    cp_resume_checkpoint(log, case_index, part, path);
    return access(path, R_OK) == 0;
}

void cp_resume_forget_case(const char *log, size_t case_index, uint32_t part_count) {
    char path[CP_RESUME_PATH_MAX];
    for (uint32_t part = 0; part < part_count; part++) {
        cp_resume_checkpoint(log, case_index, part, path);
        unlink(path);
    }
    parts_path(log, case_index, "", path);
    unlink(path);
}

void cp_resume_remove_directory(const char *log) {
    char path[CP_RESUME_PATH_MAX];
    directory_of(log, path);
    rmdir(path); // fails where something is kept, and that is meant
}

// --- parts: one frame of what is known for each, and one of its result if it has ended

static int put_parts(struct cp_wire_out *out, const struct cp_merge *merge,
                     const struct cp_result *results) {
    int err = 0;
    for (uint32_t part = 0; !err && part < cp_merge_part_count(merge); part++) {
        const struct cp_merge_known known = cp_merge_known_of(merge, part);
        err = cp_wire_put_known(out, part, &known);
        if (!err && results[part].is_complete) {
            err = cp_wire_put_result(out, part, &results[part]);
        }
    }
    return err;
}

int cp_resume_save_parts(const char *log, size_t case_index, const struct cp_merge *merge,
                         const struct cp_result *results) {
    char path[CP_RESUME_PATH_MAX], aside[CP_RESUME_PATH_MAX];
    struct cp_wire_out *out = calloc(1, sizeof *out);
    parts_path(log, case_index, "", path);
    parts_path(log, case_index, ".new", aside);
    int file = out ? open(aside, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0666) : -1;
    if (file < 0) {
        free(out);
        return -1;
    }
    out->file = file;
    int err = put_parts(out, merge, results);
    err = close(file) < 0 ? -1 : err;
    free(out);
    if (err || rename(aside, path) < 0) {
        unlink(aside);
        return -1;
    }
    return 0;
}

struct loader {
    struct cp_merge *merge; // NULL: only count
    struct cp_result *results;
    uint32_t part_count;
};

static int load_known(void *context, uint32_t part, const struct cp_merge_known *known) {
    struct loader *loader = context;
    loader->part_count = part + 1 > loader->part_count ? part + 1 : loader->part_count;
    if (!loader->merge) {
        return 0;
    }
    bool fits = part < cp_merge_part_count(loader->merge);
    return fits ? cp_merge_restore_part(loader->merge, part, known) : -1;
}

static int load_result(void *context, uint32_t part, struct cp_result *result) {
    struct loader *loader = context;
    if (loader->merge && part < cp_merge_part_count(loader->merge)) {
        loader->results[part] = *result;
    } else {
        cp_result_free(result);
    }
    return 0;
}

static int load(const char *log, size_t case_index, struct loader *loader) {
    char path[CP_RESUME_PATH_MAX];
    struct cp_wire_in in = {0};
    const struct cp_wire_taker taker = {
        .context = loader, .result = load_result, .known = load_known};
    parts_path(log, case_index, "", path);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        return -1;
    }
    int more = 1;
    while (more > 0) {
        more = cp_wire_take(&in, file, &taker);
    }
    cp_wire_in_free(&in);
    close(file);
    return more;
}

uint32_t cp_resume_count_parts(const char *log, size_t case_index) {
    struct loader loader = {0};
    return load(log, case_index, &loader) == 0 ? loader.part_count : 0;
}

int cp_resume_load_parts(const char *log, size_t case_index, struct cp_merge *merge,
                         struct cp_result *results) {
    struct loader loader = {.merge = merge, .results = results};
    return load(log, case_index, &loader);
}
