// ed25519.h: is a signature one by a key? RFC 8032, section 5.1.7.

#ifndef CP_VERIFY_ED25519_H
#define CP_VERIFY_ED25519_H

#include <stdbool.h>
#include <stdint.h>

bool cp_ed25519_is_signed(const uint8_t signature[64], const uint8_t public_key[32],
                          const uint8_t *message, uint32_t message_size_bytes);

#endif
