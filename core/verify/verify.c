// verify.c: is what lies in a partition an image that may be installed? See verify.h.
//
// The manifest and the signature are read once, to the stack, and what was read is what is
// checked: a flash that answers otherwise a second time cannot slip in another manifest.

#include "cutproof/verify.h"

#include <stddef.h>

#include "core/src/partition.h"
#include "core/verify/ed25519.h"
#include "core/verify/sha512.h"

#define DIGEST_SIZE_BYTES 64u

static uint32_t read_le32(const uint8_t *bytes) {
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

static void decode(const uint8_t *bytes, struct cp_manifest *manifest) {
    *manifest = (struct cp_manifest){
        .magic = read_le32(bytes),
        .format = read_le32(bytes + 4),
        .payload_size_bytes = read_le32(bytes + 8),
        .security_counter = read_le32(bytes + 12),
        .version_major = bytes[16],
        .version_minor = bytes[17],
        .version_revision = (uint16_t)(bytes[18] | bytes[19] << 8),
        .version_build = read_le32(bytes + 20),
    };
}

// Read manifest and signature, and decode the one as far as it needs no key.
static int read_trailer(const struct cp_partition *partition, uint32_t size_bytes,
                        uint8_t trailer[CP_TRAILER_SIZE_BYTES], struct cp_manifest *manifest) {
    if (size_bytes <= CP_TRAILER_SIZE_BYTES || size_bytes > partition->size_bytes) {
        return CP_ERR_IMAGE;
    }
    const uint32_t payload_size_bytes = size_bytes - CP_TRAILER_SIZE_BYTES;
    int err = cp_partition_read(partition, payload_size_bytes, trailer, CP_TRAILER_SIZE_BYTES);
    if (err) {
        return CP_ERR_FLASH;
    }
    decode(trailer, manifest);
    if (manifest->magic != CP_MANIFEST_MAGIC || manifest->format != CP_MANIFEST_FORMAT ||
        manifest->payload_size_bytes != payload_size_bytes) {
        return CP_ERR_IMAGE;
    }
    return CP_OK;
}

int cp_manifest_read(const struct cp_partition *partition, uint32_t size_bytes,
                     struct cp_manifest *manifest) {
    uint8_t trailer[CP_TRAILER_SIZE_BYTES];
    if (!partition || !partition->flash || !partition->flash->read || !manifest) {
        return CP_ERR_ARGUMENT;
    }
    return read_trailer(partition, size_bytes, trailer, manifest);
}

static int hash_payload(const struct cp_partition *partition, uint32_t size_bytes,
                        uint8_t *buffer, uint32_t buffer_size_bytes, SHA2_CTX *hash) {
    for (uint32_t done_bytes = 0; done_bytes < size_bytes;) {
        const uint32_t left_bytes = size_bytes - done_bytes;
        const uint32_t chunk_bytes = left_bytes < buffer_size_bytes ? left_bytes
                                                                    : buffer_size_bytes;
        int err = cp_partition_read(partition, done_bytes, buffer, chunk_bytes);
        if (err) {
            return CP_ERR_FLASH;
        }
        SHA512Update(hash, buffer, chunk_bytes);
        done_bytes += chunk_bytes;
    }
    return CP_OK;
}

// Of payload and manifest. Apart from its caller, so that the state of the hash is off the
// stack when the signature is checked, which takes most of it.
static __attribute__((noinline)) int digest_image(const struct cp_partition *partition,
                                                  uint32_t payload_size_bytes, uint8_t *buffer,
                                                  uint32_t buffer_size_bytes,
                                                  const uint8_t *manifest,
                                                  uint8_t digest[DIGEST_SIZE_BYTES]) {
    SHA2_CTX hash;
    SHA512Init(&hash);
    int err = hash_payload(partition, payload_size_bytes, buffer, buffer_size_bytes, &hash);
    if (err) {
        return err;
    }
    SHA512Update(&hash, manifest, CP_MANIFEST_SIZE_BYTES);
    SHA512Final(digest, &hash);
    return CP_OK;
}

int cp_verify_ed25519(const struct cp_verifier *verifier, const struct cp_partition *partition,
                      uint32_t size_bytes, uint8_t *buffer, uint32_t buffer_size_bytes,
                      uint32_t *security_counter) {
    uint8_t trailer[CP_TRAILER_SIZE_BYTES];
    uint8_t digest[DIGEST_SIZE_BYTES];
    struct cp_manifest manifest;

    if (!verifier || !verifier->public_key || !partition || !partition->flash ||
        !partition->flash->read || !buffer || buffer_size_bytes == 0 || !security_counter) {
        return CP_ERR_ARGUMENT;
    }
    int err = read_trailer(partition, size_bytes, trailer, &manifest);
    if (err) {
        return err;
    }
    err = digest_image(partition, manifest.payload_size_bytes, buffer, buffer_size_bytes, trailer,
                       digest);
    if (err) {
        return err;
    }
    if (!cp_ed25519_is_signed(trailer + CP_MANIFEST_SIZE_BYTES, verifier->public_key, digest,
                              DIGEST_SIZE_BYTES)) {
        return CP_ERR_IMAGE;
    }
    *security_counter = manifest.security_counter;
    return CP_OK;
}
