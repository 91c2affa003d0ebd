// key_file.h: Ed25519 keys in files, in the form that other tools read and write (RFC 8410).

#ifndef CP_CLI_KEY_FILE_H
#define CP_CLI_KEY_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define CP_KEY_SIZE_BYTES 32u // of the seed that is the private key, and of the public key

// Read the private key of a PEM file. 0, or -1 after a message on stderr.
int cp_key_read_private(const char *path, uint8_t seed[CP_KEY_SIZE_BYTES]);

// Read a public key: of a PEM file, also of one with a private key, or of a header as
// cp_key_write_header() writes it. 0, or -1 after a message on stderr.
int cp_key_read_public(const char *path, uint8_t public_key[CP_KEY_SIZE_BYTES]);

// Each as text, for a file of its own.
void cp_key_write_private(FILE *out, const uint8_t seed[CP_KEY_SIZE_BYTES]);
void cp_key_write_public(FILE *out, const uint8_t public_key[CP_KEY_SIZE_BYTES]);
void cp_key_write_header(FILE *out, const uint8_t public_key[CP_KEY_SIZE_BYTES]);

#endif
