// init.c: write a scenario that runs, for a newcomer to change.

#include "cli/command.h"
#include "cli/init_text.h"
#include "cli/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static enum cp_exit complain(const char *path) {
    if (errno == EEXIST) {
        cp_complain("'%s' exists and is not overwritten", path);
        cp_help("remove it, or name another directory: cutproof init DIR");
    } else {
        cp_complain("cannot write '%s': %s", path, strerror(errno));
    }
    return CP_EXIT_USAGE;
}

static int write_new(const char *path, const char *text) {
    int file = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
    if (file < 0) {
        return -1;
    }
    size_t size = strlen(text);
    bool is_whole = write(file, text, size) == (ssize_t)size;
    return close(file) == 0 && is_whole ? 0 : -1;
}

enum cp_exit cp_command_init(const struct cp_options *options) {
    const char *directory = options->argument_count > 0 ? options->arguments[0] : "scenarios";
    char path[512];
    if (options->argument_count > 1) {
        cp_complain("init takes one directory");
        return CP_EXIT_USAGE;
    }
    snprintf(path, sizeof path, "%s/first.yaml", directory);
    if (mkdir(directory, 0777) < 0 && errno != EEXIST) {
        return complain(directory);
    }
    if (write_new(path, cp_init_text) < 0) {
        return complain(path);
    }
    printf("wrote %s\nnext: cutproof run %s\n", path, path);
    return CP_EXIT_OK;
}
