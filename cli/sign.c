// sign.c: make a signed image of a firmware image.

#include "cli/command.h"
#include "cli/key_file.h"
#include "faults/signed_image.h"
#include "cli/text.h"
#include "cli/whole_file.h"

#include <stdlib.h>
#include <string.h>

#define IMAGE_MODE 0666u

static int check_arguments(const struct cp_options *options) {
    if (options->argument_count == 1 && options->key && options->out) {
        return 0;
    }
    cp_complain("sign needs one image, --key FILE and --out FILE");
    return -1;
}

// A payload that can be signed, in memory with room for what comes after it.
static int read_payload(const struct cp_options *options, uint8_t **bytes, size_t *size_bytes) {
    const char *path = options->arguments[0];
    struct cp_manifest manifest;
    if (cp_file_read(path, CP_IMAGE_MAX_BYTES, bytes, size_bytes) < 0) {
        return -1;
    }
    if (*size_bytes == 0) {
        cp_complain("'%s' is empty", path);
    } else if (cp_signed_image_check(*bytes, *size_bytes, NULL, &manifest) == CP_OK) {
        cp_complain("'%s' is a signed image already", path);
        cp_help("sign the image that it was made of");
    } else {
        uint8_t *larger = realloc(*bytes, cp_signed_image_size(*size_bytes, options->pad_to_bytes));
        if (larger) {
            *bytes = larger;
            return 0;
        }
        cp_complain("out of memory");
    }
    free(*bytes);
    return -1;
}

enum cp_exit cp_command_sign(const struct cp_options *options) {
    uint8_t seed[CP_KEY_SIZE_BYTES];
    uint8_t *bytes;
    size_t payload_bytes;
    if (check_arguments(options) < 0 || cp_key_read_private(options->key, seed) < 0 ||
        read_payload(options, &bytes, &payload_bytes) < 0) {
        return CP_EXIT_USAGE;
    }
    const size_t size_bytes =
        cp_signed_image_make(bytes, payload_bytes, options->pad_to_bytes, options->manifest, seed);
    explicit_bzero(seed, sizeof seed);
    int err = cp_file_write(options->out, IMAGE_MODE, options->force, bytes, size_bytes);
    free(bytes);
    if (err) {
        return CP_EXIT_USAGE;
    }
    const size_t padding_bytes = size_bytes - CP_TRAILER_SIZE_BYTES - payload_bytes;
    printf("wrote %s: %s B, %zu of them padding, %u manifest and signature\n", options->out,
           cp_number(size_bytes).text, padding_bytes, CP_TRAILER_SIZE_BYTES);
    return CP_EXIT_OK;
}
