// whole_file.h: files that are read and written as a whole.

#ifndef CP_CLI_WHOLE_FILE_H
#define CP_CLI_WHOLE_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Read a file of at most max_bytes. The caller frees *bytes, which has one zero byte more at
// its end. 0, or -1 after a message on stderr.
int cp_file_read(const char *path, size_t max_bytes, uint8_t **bytes, size_t *size_bytes);

// Write a file that nobody sees before it is whole. Without `overwrites` a file that is there
// is an error. `mode` is that of a new file, less the umask. 0, or -1 after a message on stderr.
int cp_file_write(const char *path, unsigned mode, bool overwrites, const void *bytes,
                  size_t size_bytes);

#endif
