// key_file.c: Ed25519 keys in files: PEM, and a C header for the firmware.
//
// In DER both kinds of key are a fixed beginning and 32 bytes, so no parser of DER is needed:
// what has another beginning is no such key.

#include "cli/key_file.h"

#include "faults/signer.h"
#include "cli/text.h"
#include "cli/whole_file.h"

#include <stdlib.h>
#include <string.h>

#define DER_SIZE_MAX_BYTES 64u
#define KEY_FILE_MAX_BYTES 16384u
#define HEADER_LINE_BYTES  8u
#define PRIVATE_LABEL      "PRIVATE KEY"
#define PUBLIC_LABEL       "PUBLIC KEY"

static const uint8_t private_prefix[] = {0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
                                         0x03, 0x2B, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};
static const uint8_t public_prefix[] = {0x30, 0x2A, 0x30, 0x05, 0x06, 0x03,
                                        0x2B, 0x65, 0x70, 0x03, 0x21, 0x00};

static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void write_base64(FILE *out, const uint8_t *bytes, size_t size_bytes) {
    for (size_t i = 0; i < size_bytes; i += 3) {
        const size_t left_bytes = size_bytes - i;
        uint32_t group = (uint32_t)bytes[i] << 16;
        group |= left_bytes > 1 ? (uint32_t)bytes[i + 1] << 8 : 0;
        group |= left_bytes > 2 ? bytes[i + 2] : 0;
        fprintf(out, "%c%c%c%c", base64[group >> 18], base64[group >> 12 & 63],
                left_bytes > 1 ? base64[group >> 6 & 63] : '=',
                left_bytes > 2 ? base64[group & 63] : '=');
    }
}

static void write_pem(FILE *out, const char *label, const uint8_t *prefix, size_t prefix_bytes,
                      const uint8_t *key) {
    uint8_t der[DER_SIZE_MAX_BYTES];
    memcpy(der, prefix, prefix_bytes);
    memcpy(der + prefix_bytes, key, CP_KEY_SIZE_BYTES);
    fprintf(out, "-----BEGIN %s-----\n", label);
    write_base64(out, der, prefix_bytes + CP_KEY_SIZE_BYTES);
    fprintf(out, "\n-----END %s-----\n", label);
}

void cp_key_write_private(FILE *out, const uint8_t seed[CP_KEY_SIZE_BYTES]) {
    write_pem(out, PRIVATE_LABEL, private_prefix, sizeof private_prefix, seed);
}

void cp_key_write_public(FILE *out, const uint8_t public_key[CP_KEY_SIZE_BYTES]) {
    write_pem(out, PUBLIC_LABEL, public_prefix, sizeof public_prefix, public_key);
}

void cp_key_write_header(FILE *out, const uint8_t public_key[CP_KEY_SIZE_BYTES]) {
    fputs("// The Ed25519 public key of signed images; written by `cutproof keygen`.\n"
          "static const unsigned char cp_public_key[32] = {",
          out);
    for (size_t i = 0; i < CP_KEY_SIZE_BYTES; i++) {
        fprintf(out, "%s0x%02x,", i % HEADER_LINE_BYTES ? " " : "\n    ", public_key[i]);
    }
    fputs("\n};\n", out);
}

// --- reading

// Decode up to the first '-'. The number of bytes, or more than max_bytes if it is no base64
// or does not fit.
static size_t read_base64(const char *text, uint8_t *bytes, size_t max_bytes) {
    uint32_t group = 0, bits = 0;
    size_t size_bytes = 0;
    for (; *text && *text != '-' && *text != '='; text++) {
        const char *digit = strchr(base64, *text);
        if (strchr(" \t\r\n", *text)) {
            continue;
        }
        if (!digit || size_bytes > max_bytes) {
            return max_bytes + 1;
        }
        group = group << 6 | (uint32_t)(digit - base64);
        bits += 6;
        if (bits >= 8 && size_bytes < max_bytes) {
            bytes[size_bytes] = (uint8_t)(group >> (bits - 8));
        }
        size_bytes += bits >= 8;
        bits -= bits >= 8 ? 8 : 0;
    }
    return size_bytes;
}

static bool read_pem(const char *text, const char *label, const uint8_t *prefix,
                     size_t prefix_bytes, uint8_t *key) {
    char begin[64];
    uint8_t der[DER_SIZE_MAX_BYTES];
    snprintf(begin, sizeof begin, "-----BEGIN %s-----", label);
    const char *found = strstr(text, begin);
    if (!found ||
        read_base64(found + strlen(begin), der, sizeof der) != prefix_bytes + CP_KEY_SIZE_BYTES ||
        memcmp(der, prefix, prefix_bytes) != 0) {
        return false;
    }
    memcpy(key, der + prefix_bytes, CP_KEY_SIZE_BYTES);
    return true;
}

// The 32 numbers between the braces.
static bool read_header(const char *text, uint8_t *key) {
    size_t count = 0;
    const char *next = strchr(text, '{');
    for (next = next ? next + 1 : ""; *next && *next != '}'; count++) {
        char *end;
        unsigned long value = strtoul(next, &end, 16);
        if (end == next || value > UINT8_MAX || count == CP_KEY_SIZE_BYTES) {
            return false;
        }
        key[count] = (uint8_t)value;
        next = end + strspn(end, ", \t\r\n");
    }
    return count == CP_KEY_SIZE_BYTES;
}

static char *read_text(const char *path) {
    uint8_t *bytes;
    size_t size_bytes;
    int err = cp_file_read(path, KEY_FILE_MAX_BYTES, &bytes, &size_bytes);
    return err ? NULL : (char *)bytes;
}

int cp_key_read_private(const char *path, uint8_t seed[CP_KEY_SIZE_BYTES]) {
    char *text = read_text(path);
    if (!text) {
        return -1;
    }
    bool is_key = read_pem(text, PRIVATE_LABEL, private_prefix, sizeof private_prefix, seed);
    bool is_public = !is_key && strstr(text, PUBLIC_LABEL);
    free(text);
    if (!is_key) {
        cp_complain("'%s' holds no Ed25519 private key", path);
        cp_help(is_public ? "it is a public key; give the file that keygen wrote to --out"
                          : "expected is a PEM file as `cutproof keygen --out FILE` writes it");
    }
    return is_key ? 0 : -1;
}

int cp_key_read_public(const char *path, uint8_t public_key[CP_KEY_SIZE_BYTES]) {
    uint8_t seed[CP_KEY_SIZE_BYTES];
    char *text = read_text(path);
    if (!text) {
        return -1;
    }
    bool is_key = read_pem(text, PUBLIC_LABEL, public_prefix, sizeof public_prefix, public_key) ||
                  read_header(text, public_key);
    if (!is_key && read_pem(text, PRIVATE_LABEL, private_prefix, sizeof private_prefix, seed)) {
        cp_sign_public_key(seed, public_key);
        is_key = true;
    }
    free(text);
    if (!is_key) {
        cp_complain("'%s' holds no Ed25519 public key", path);
        cp_help("expected is a file as `cutproof keygen --public FILE` writes it: PEM or C header");
    }
    return is_key ? 0 : -1;
}
