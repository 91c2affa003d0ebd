// gdb_start.c: see gdb_start.h.

#define _GNU_SOURCE
#include "cli/gdb_start.h"

#include "cli/steps.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int cp_gdb_own_folder(char folder[CP_GDB_PATH_SIZE]) {
    ssize_t length = readlink("/proc/self/exe", folder, CP_GDB_PATH_SIZE - 1);
    if (length < 0) {
        cp_complain("cannot find this program's own file: %s", strerror(errno));
        return -1;
    }
    folder[length] = '\0';
    *strrchr(folder, '/') = '\0';
    return 0;
}

// Sources are named by their path in the project; it is around the folder of the build, or
// here.
void cp_gdb_find_sources(const char *folder, char command[CP_GDB_PATH_SIZE]) {
    static const char *const ups[] = {"/..", "/../..", ""};
    char path[CP_GDB_PATH_SIZE + 64], root[CP_GDB_PATH_SIZE];
    command[0] = '\0';
    for (size_t i = 0; i < sizeof ups / sizeof ups[0]; i++) {
        snprintf(path, sizeof path, "%s%s/core/src/boot.c", *ups[i] ? folder : ".", ups[i]);
        if (access(path, R_OK) != 0) {
            continue;
        }
        path[strlen(path) - strlen("/core/src/boot.c")] = '\0';
        if (realpath(path, root) && strlen(root) < CP_GDB_PATH_SIZE - 16) {
            snprintf(command, CP_GDB_PATH_SIZE, "directory %.*s", (int)(CP_GDB_PATH_SIZE - 16),
                     root);
        }
        return;
    }
}

bool cp_gdb_is_on_path(const char *name) {
    const char *path = getenv("PATH");
    char file[CP_GDB_PATH_SIZE];
    for (size_t length; path && *path; path += length + (path[length] == ':')) {
        length = strcspn(path, ":");
        snprintf(file, sizeof file, "%.*s/%s", (int)length, path, name);
        if (access(file, X_OK) == 0) {
            return true;
        }
    }
    return false;
}

int cp_gdb_make_script(const char *first, const char *second, char name[64]) {
    int file = memfd_create("cutproof-gdb", 0);
    if (file < 0 || dprintf(file, "%s%s", first, second) < 0) {
        cp_complain("cannot hand gdb its script: %s", strerror(errno));
        return -1;
    }
    snprintf(name, 64, "/proc/self/fd/%d", file);
    return 0;
}

// --- what is said before

struct search {
    struct cp_point point;
    bool is_found;
};

static void tell_step(void *context, const struct cp_step *step) {
    struct search *search = context;
    struct cp_step_text text;
    if (search->is_found || step->kind == CP_STEP_CUT || step->kind == CP_STEP_VIOLATION ||
        !cp_point_is_of(search->point, step)) {
        return;
    }
    search->is_found = true;
    cp_step_describe(step, &text);
    if (step->event_index == 0) {
        printf("stops before the first instruction: %s\n", text.what);
        return;
    }
    printf("stops in the core as it asks for event %s:\n  %s%s%s\n",
           cp_point_text(search->point).text, text.what, *text.where ? "  " : "", text.where);
}

void cp_gdb_tell_stop(const struct cp_replay *replay, struct cp_point point) {
    struct search search = {.point = point};
    struct cp_violation violation;
    char error[CP_MESSAGE_MAX];
    (void)cp_replay(replay->test_case, replay->program, replay->id.trace, tell_step, &search,
                    &violation, error);
    fflush(stdout);
}
