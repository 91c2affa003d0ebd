// ed25519.c: Ed25519 from the parts that its library offers for one's own choice of hash.
//
// Monocypher's own signatures hash with BLAKE2b; with SHA-512 in its place they are Ed25519.

#include "core/verify/ed25519.h"

#include <monocypher.h>

#include "core/verify/sha512.h"

bool cp_ed25519_is_signed(const uint8_t signature[64], const uint8_t public_key[32],
                          const uint8_t *message, uint32_t message_size_bytes) {
    SHA2_CTX hash;
    uint8_t digest[64], challenge[32];
    SHA512Init(&hash);
    SHA512Update(&hash, signature, 32); // R, the first half
    SHA512Update(&hash, public_key, 32);
    SHA512Update(&hash, message, message_size_bytes);
    SHA512Final(digest, &hash);
    crypto_eddsa_reduce(challenge, digest);
    return crypto_eddsa_check_equation(signature, public_key, challenge) == 0;
}
