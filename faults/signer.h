// signer.h: Ed25519 signatures made on the host. The firmware only checks them.

#ifndef CP_FAULTS_SIGNER_H
#define CP_FAULTS_SIGNER_H

#include <stddef.h>
#include <stdint.h>

// RFC 8032, sections 5.1.5 and 5.1.6. The same seed and message give the same signature.
void cp_sign_public_key(const uint8_t seed[32], uint8_t public_key[32]);
void cp_sign(const uint8_t seed[32], const uint8_t *message, size_t message_size_bytes,
             uint8_t signature[64]);

#endif
