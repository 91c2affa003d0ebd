// signer.c: Ed25519 signatures, of the same parts as core/verify/ed25519.c.

#include "faults/signer.h"

#include "core/verify/sha512.h"

#include <monocypher.h>
#include <string.h>

struct piece {
    const uint8_t *bytes;
    size_t size_bytes;
};

// The SHA-512 of two or three pieces, as a number modulo the order of the curve.
static void hash_to_scalar(uint8_t scalar[32], const struct piece *pieces, size_t count) {
    SHA2_CTX hash;
    uint8_t digest[64];
    SHA512Init(&hash);
    for (size_t i = 0; i < count; i++) {
        SHA512Update(&hash, pieces[i].bytes, pieces[i].size_bytes);
    }
    SHA512Final(digest, &hash);
    crypto_eddsa_reduce(scalar, digest);
    crypto_wipe(digest, sizeof digest);
    crypto_wipe(&hash, sizeof hash);
}

// A seed stands for a secret number and for a prefix that makes nonces.
static void expand(const uint8_t seed[32], uint8_t secret[32], uint8_t prefix[32]) {
    SHA2_CTX hash;
    uint8_t digest[64];
    SHA512Init(&hash);
    SHA512Update(&hash, seed, 32);
    SHA512Final(digest, &hash);
    crypto_eddsa_trim_scalar(secret, digest);
    memcpy(prefix, digest + 32, 32);
    crypto_wipe(digest, sizeof digest);
    crypto_wipe(&hash, sizeof hash);
}

void cp_sign_public_key(const uint8_t seed[32], uint8_t public_key[32]) {
    uint8_t secret[32], prefix[32];
    expand(seed, secret, prefix);
    crypto_eddsa_scalarbase(public_key, secret);
    crypto_wipe(secret, sizeof secret);
    crypto_wipe(prefix, sizeof prefix);
}

void cp_sign(const uint8_t seed[32], const uint8_t *message, size_t message_size_bytes,
             uint8_t signature[64]) {
    uint8_t secret[32], prefix[32], public_key[32], nonce[32], challenge[32];
    expand(seed, secret, prefix);
    crypto_eddsa_scalarbase(public_key, secret);
    hash_to_scalar(nonce, (const struct piece[]){{prefix, 32}, {message, message_size_bytes}}, 2);
    crypto_eddsa_scalarbase(signature, nonce);
    hash_to_scalar(
        challenge,
        (const struct piece[]){{signature, 32}, {public_key, 32}, {message, message_size_bytes}},
        3);
    crypto_eddsa_mul_add(signature + 32, challenge, secret, nonce);
    crypto_wipe(secret, sizeof secret);
    crypto_wipe(prefix, sizeof prefix);
    crypto_wipe(nonce, sizeof nonce);
}
