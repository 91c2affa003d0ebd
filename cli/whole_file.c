// whole_file.c: files that are read and written as a whole.

#include "cli/whole_file.h"

#include "cli/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int complain(const char *verb, const char *path, const char *why) {
    cp_complain("cannot %s '%s': %s", verb, path, why);
    return -1;
}

static int read_stream(FILE *in, const char *path, size_t max_bytes, uint8_t *bytes,
                       size_t *size_bytes) {
    *size_bytes = fread(bytes, 1, max_bytes + 1, in);
    if (ferror(in)) {
        return complain("read", path, strerror(errno));
    }
    if (*size_bytes > max_bytes) {
        cp_complain("'%s' is too large", path);
        cp_help("at most %zu bytes are expected", max_bytes);
        return -1;
    }
    bytes[*size_bytes] = 0;
    return 0;
}

int cp_file_read(const char *path, size_t max_bytes, uint8_t **bytes, size_t *size_bytes) {
    FILE *in = fopen(path, "rbe");
    if (!in) {
        return complain("read", path, strerror(errno));
    }
    *bytes = malloc(max_bytes + 2);
    int err = *bytes ? read_stream(in, path, max_bytes, *bytes, size_bytes)
                     : complain("read", path, "out of memory");
    fclose(in);
    if (err) {
        free(*bytes);
        *bytes = NULL;
    }
    return err;
}

static int write_all(int file, const void *bytes, size_t size_bytes) {
    const uint8_t *next = bytes;
    while (size_bytes > 0) {
        ssize_t done = write(file, next, size_bytes);
        if (done < 0 && errno != EINTR) {
            return -1;
        }
        next += done > 0 ? done : 0;
        size_bytes -= done > 0 ? (size_t)done : 0;
    }
    return 0;
}

// link() refuses a name that is taken, which rename() would replace.
static int put_in_place(const char *temporary, const char *path, bool overwrites) {
    if (overwrites) {
        return rename(temporary, path);
    }
    return link(temporary, path) < 0 ? -1 : unlink(temporary);
}

static mode_t umask_of_process(void) {
    mode_t mask = umask(0);
    umask(mask);
    return mask;
}

static int fill(int file, unsigned mode, const void *bytes, size_t size_bytes) {
    int err = fchmod(file, mode & ~umask_of_process());
    err = err ? err : write_all(file, bytes, size_bytes);
    err = err ? err : fsync(file);
    return close(file) < 0 ? -1 : err;
}

// What is put in place of a device would take it from everybody.
static bool is_no_file(const char *path) {
    struct stat status;
    return stat(path, &status) == 0 && !S_ISREG(status.st_mode);
}

int cp_file_write(const char *path, unsigned mode, bool overwrites, const void *bytes,
                  size_t size_bytes) {
    char temporary[4096];
    int length = snprintf(temporary, sizeof temporary, "%s.XXXXXX", path);
    if (length < 0 || (size_t)length >= sizeof temporary) {
        return complain("write", path, "the name is too long");
    }
    if (overwrites && is_no_file(path)) {
        return complain("write", path, "it is no regular file");
    }
    int file = mkstemp(temporary);
    if (file < 0) {
        return complain("write", path, strerror(errno));
    }
    if (fill(file, mode, bytes, size_bytes) == 0 &&
        put_in_place(temporary, path, overwrites) == 0) {
        return 0;
    }
    int why = errno;
    unlink(temporary);
    if (why != EEXIST) {
        return complain("write", path, strerror(why));
    }
    cp_complain("'%s' exists and is not overwritten", path);
    cp_help("remove it, name another file, or add --force");
    return -1;
}
