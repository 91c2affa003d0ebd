// verify.c: say what a signed image holds, and whether the bootloader would take it.

#include "cli/command.h"
#include "cli/jsonl.h"
#include "cli/key_file.h"
#include "faults/signed_image.h"
#include "cli/text.h"
#include "cli/whole_file.h"

#include <stdlib.h>

struct outcome {
    const char *path;
    size_t size_bytes;
    struct cp_manifest manifest;
    const char *refused; // why, or NULL
};

static void version_text(char text[32], const struct cp_manifest *manifest) {
    int length = snprintf(text, 32, "%u.%u.%u", manifest->version_major, manifest->version_minor,
                          manifest->version_revision);
    if (manifest->version_build) {
        snprintf(text + length, 32 - (size_t)length, "+%u", manifest->version_build);
    }
}

static void print_json(const struct outcome *outcome) {
    struct cp_jsonl json = {.out = stdout};
    char version[32];
    version_text(version, &outcome->manifest);
    cp_jsonl_open(&json, NULL, '{');
    cp_jsonl_text(&json, "type", "image");
    cp_jsonl_text(&json, "file", outcome->path);
    cp_jsonl_bool(&json, "accepted", !outcome->refused);
    cp_jsonl_text(&json, "refused", outcome->refused);
    cp_jsonl_count(&json, "size_bytes", outcome->size_bytes);
    if (outcome->manifest.magic) {
        cp_jsonl_count(&json, "payload_size_bytes", outcome->manifest.payload_size_bytes);
        cp_jsonl_text(&json, "version", version);
        cp_jsonl_count(&json, "security_counter", outcome->manifest.security_counter);
    }
    cp_jsonl_close(&json, '}');
}

static void print_human(const struct outcome *outcome) {
    char version[32];
    version_text(version, &outcome->manifest);
    printf("%s: %s\n", outcome->path, outcome->refused ? "REFUSED" : "signed with this key");
    if (outcome->manifest.magic) {
        printf("  payload           %s B of %s\n",
               cp_number(outcome->manifest.payload_size_bytes).text,
               cp_number(outcome->size_bytes).text);
        printf("  version           %s\n", version);
        printf("  security counter  %u\n", outcome->manifest.security_counter);
    }
    if (outcome->refused) {
        printf("  refused because   %s\n", outcome->refused);
    }
}

static struct outcome check(const char *path, const uint8_t *bytes, size_t size_bytes,
                            const uint8_t *public_key) {
    struct outcome outcome = {.path = path, .size_bytes = size_bytes};
    if (cp_signed_image_check(bytes, size_bytes, NULL, &outcome.manifest) != CP_OK) {
        outcome.refused = "its end is no manifest of an image of this size, with a signature";
    } else if (cp_signed_image_check(bytes, size_bytes, public_key, &outcome.manifest) != CP_OK) {
        outcome.refused = "the signature is not one with this key of what the file holds";
    }
    return outcome;
}

enum cp_exit cp_command_verify(const struct cp_options *options) {
    uint8_t public_key[CP_KEY_SIZE_BYTES];
    uint8_t *bytes;
    size_t size_bytes;
    if (options->argument_count != 1 || !options->public_key) {
        cp_complain("verify needs one signed image and --public-key FILE");
        return CP_EXIT_USAGE;
    }
    const char *path = options->arguments[0];
    if (cp_key_read_public(options->public_key, public_key) < 0 ||
        cp_file_read(path, CP_IMAGE_MAX_BYTES, &bytes, &size_bytes) < 0) {
        return CP_EXIT_USAGE;
    }
    const struct outcome outcome = check(path, bytes, size_bytes, public_key);
    free(bytes);
    if (options->format == CP_FORMAT_JSON) {
        print_json(&outcome);
    } else {
        print_human(&outcome);
    }
    return outcome.refused ? CP_EXIT_VIOLATED : CP_EXIT_OK;
}
