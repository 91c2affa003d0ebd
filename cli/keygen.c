// keygen.c: make a key pair for signed images.

#include "cli/command.h"
#include "cli/key_file.h"
#include "faults/signer.h"
#include "cli/text.h"
#include "cli/whole_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define PRIVATE_MODE 0600u
#define PUBLIC_MODE  0666u

typedef void write_key(FILE *out, const uint8_t key[CP_KEY_SIZE_BYTES]);

static int write_key_file(const char *path, unsigned mode, bool overwrites, write_key *write_text,
                          const uint8_t *key) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (!out) {
        cp_complain("out of memory");
        return -1;
    }
    write_text(out, key);
    int err = fclose(out) == 0 ? cp_file_write(path, mode, overwrites, text, size) : -1;
    free(text);
    return err;
}

static write_key *form_of_public(const char *path) {
    size_t length = strlen(path);
    return length > 2 && strcmp(path + length - 2, ".h") == 0 ? cp_key_write_header
                                                              : cp_key_write_public;
}

// The public key first: it can be had again from the private one, and not the other way.
static int write_pair(const struct cp_options *options, const uint8_t *seed,
                      const uint8_t *public_key) {
    const char *path = options->public_out;
    if (path &&
        write_key_file(path, PUBLIC_MODE, options->force, form_of_public(path), public_key) < 0) {
        return -1;
    }
    if (write_key_file(options->out, PRIVATE_MODE, options->force, cp_key_write_private, seed) <
        0) {
        if (path) {
            unlink(path);
        }
        return -1;
    }
    return 0;
}

static int check_arguments(const struct cp_options *options) {
    if (options->argument_count > 0 || !options->out) {
        cp_complain("keygen needs --out FILE and nothing else");
        return -1;
    }
    if (options->public_out && strcmp(options->out, options->public_out) == 0) {
        cp_complain("--out and --public both name '%s'", options->out);
        return -1;
    }
    // Not to find out when the other file is written.
    if (!options->force && access(options->out, F_OK) == 0) {
        cp_complain("'%s' exists and is not overwritten", options->out);
        cp_help("remove it, name another file, or add --force");
        return -1;
    }
    return 0;
}

enum cp_exit cp_command_keygen(const struct cp_options *options) {
    uint8_t seed[CP_KEY_SIZE_BYTES], public_key[CP_KEY_SIZE_BYTES];
    if (check_arguments(options) < 0) {
        return CP_EXIT_USAGE;
    }
    if (getrandom(seed, sizeof seed, 0) != (ssize_t)sizeof seed) {
        cp_complain("cannot get random bytes: %s", strerror(errno));
        return CP_EXIT_INTERNAL;
    }
    cp_sign_public_key(seed, public_key);
    int err = write_pair(options, seed, public_key);
    explicit_bzero(seed, sizeof seed);
    if (err) {
        return CP_EXIT_USAGE;
    }
    printf("wrote %s, the private key: keep it secret, and keep a copy\n", options->out);
    if (options->public_out) {
        printf("wrote %s, the public key\n", options->public_out);
    }
    printf("public key ");
    for (size_t i = 0; i < sizeof public_key; i++) {
        printf("%02x", public_key[i]);
    }
    printf("\nnext: cutproof sign IMAGE --key %s --out FILE\n", options->out);
    return CP_EXIT_OK;
}
