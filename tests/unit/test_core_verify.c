// test_core_verify.c: signed images, and the primitive beneath against RFC 8032.

#include "ram_flash.h"

#include "faults/signed_image.h"
#include "faults/signer.h"
#include "core/verify/ed25519.h"

#define PAGE_BYTES   256u
#define PAGE_COUNT   8u
#define PAYLOAD_MAX  1024u
#define BUFFER_BYTES 256u

// --- RFC 8032, section 7.1: tests 1 to 3, and the one of SHA-512 of "abc"

struct vector {
    const char *seed, *public_key, *message, *signature;
};

static const struct vector vectors[] = {
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9"
     "b46bd25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f1"
     "1d8c387b2eaeb4302aeeb00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984d"
     "c6594a7c15e9716ed28dc027beceea1ec40a"},
    {"833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
     "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3fe"
     "ebbd454d4423643ce80e2a9ac94fa54ca49f",
     "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431"
     "e0303dca179c138ac17ad9bef1177331a704"},
};
#define VECTOR_COUNT (sizeof vectors / sizeof vectors[0])

static uint32_t unhex(const char *text, uint8_t *bytes) {
    uint32_t size_bytes = 0;
    for (; *text; text += 2) {
        const char digits[] = {text[0], text[1], '\0'};
        bytes[size_bytes++] = (uint8_t)strtoul(digits, NULL, 16);
    }
    return size_bytes;
}

static void vectors_of_the_standard_are_met(void **context) {
    (void)context;
    for (size_t i = 0; i < VECTOR_COUNT; i++) {
        uint8_t seed[32], public_key[32], message[64], signature[64], made[64];
        unhex(vectors[i].seed, seed);
        unhex(vectors[i].public_key, public_key);
        unhex(vectors[i].signature, signature);
        const uint32_t message_bytes = unhex(vectors[i].message, message);
        assert_true(cp_ed25519_is_signed(signature, public_key, message, message_bytes));
        cp_sign_public_key(seed, made);
        assert_memory_equal(made, public_key, 32);
        cp_sign(seed, message, message_bytes, made);
        assert_memory_equal(made, signature, 64);
        for (uint32_t byte = 0; byte < 64; byte++) {
            signature[byte] ^= 1;
            assert_false(cp_ed25519_is_signed(signature, public_key, message, message_bytes));
            signature[byte] ^= 1;
        }
    }
}

// S + L satisfies the same equation; a standard implementation refuses it (section 8.4).
static void a_signature_has_one_form(void **context) {
    (void)context;
    uint8_t public_key[32], message[64], signature[64], order[32];
    unhex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010", order);
    unhex(vectors[2].public_key, public_key);
    unhex(vectors[2].signature, signature);
    const uint32_t message_bytes = unhex(vectors[2].message, message);
    for (unsigned i = 0, carry = 0; i < 32; i++) {
        carry += (unsigned)signature[32 + i] + order[i];
        signature[32 + i] = (uint8_t)carry;
        carry >>= 8;
    }
    assert_false(cp_ed25519_is_signed(signature, public_key, message, message_bytes));
}

// --- images in a partition

struct rig {
    struct ram_power power;
    struct ram_flash flash;
    struct cp_partition partition;
    uint8_t public_key[32];
    struct cp_verifier verifier;
    uint32_t size_bytes; // of the image that was put there
    uint8_t *image;      // its first byte
};

static const uint8_t seed[32] = {1, 2, 3};
static const uint8_t foreign_seed[32] = {4, 5, 6};

// A partition with an image signed by a key, of a payload padded to one byte, that is: as is.
static void put_image(struct rig *rig, uint32_t payload_bytes, const uint8_t *by_seed) {
    static uint8_t image[PAYLOAD_MAX + CP_TRAILER_SIZE_BYTES];
    const struct cp_manifest manifest = {.security_counter = 0x01020304, .version_minor = 7};
    for (uint32_t i = 0; i < payload_bytes; i++) {
        image[i] = (uint8_t)(i * 37 + 11);
    }
    rig->size_bytes = (uint32_t)cp_signed_image_make(image, payload_bytes, 1, manifest, by_seed);
    assert_true(rig->size_bytes <= rig->partition.size_bytes);
    memcpy(rig->image, image, rig->size_bytes);
}

static int set_up(void **context) {
    struct rig *rig = calloc(1, sizeof *rig);
    ram_power_on(&rig->power);
    rig->partition =
        ram_partition(&rig->flash, &rig->power, PAGE_COUNT * PAGE_BYTES, PAGE_BYTES, 4, 0xFF);
    rig->image = rig->flash.bytes + rig->partition.offset_bytes;
    cp_sign_public_key(seed, rig->public_key);
    rig->verifier = (struct cp_verifier){cp_verify_ed25519, rig->public_key};
    put_image(rig, 700, seed);
    *context = rig;
    return 0;
}

static int tear_down(void **context) {
    struct rig *rig = *context;
    ram_flash_free(&rig->flash);
    free(rig);
    return 0;
}

static int verify_with(struct rig *rig, uint32_t size_bytes, uint32_t buffer_bytes,
                       uint32_t *counter) {
    uint8_t *buffer = malloc(buffer_bytes); // so that a sanitizer sees its end
    int err = rig->verifier.verify(&rig->verifier, &rig->partition, size_bytes, buffer,
                                   buffer_bytes, counter);
    free(buffer);
    return err;
}

static int verify(struct rig *rig, uint32_t size_bytes) {
    uint32_t counter = 99;
    int err = verify_with(rig, size_bytes, BUFFER_BYTES, &counter);
    assert_int_equal(counter, err ? 99 : 0x01020304);
    return err;
}

static void a_good_image_is_taken_and_its_counter_told(void **context) {
    struct rig *rig = *context;
    struct cp_manifest manifest;
    assert_int_equal(verify(rig, rig->size_bytes), CP_OK);
    assert_int_equal(cp_manifest_read(&rig->partition, rig->size_bytes, &manifest), CP_OK);
    assert_int_equal(manifest.payload_size_bytes, 700);
    assert_int_equal(manifest.version_minor, 7);
    assert_int_equal(manifest.security_counter, 0x01020304);
}

static void any_payload_and_any_buffer(void **context) {
    struct rig *rig = *context;
    static const uint32_t payloads[] = {1, 31, 111, 112, 127, 128, 129, 256, 257, 1000};
    static const uint32_t buffers[] = {1, 7, 16, 100, 127, 128, 256, 300, 2000};
    for (size_t p = 0; p < sizeof payloads / sizeof payloads[0]; p++) {
        put_image(rig, payloads[p], seed);
        for (size_t b = 0; b < sizeof buffers / sizeof buffers[0]; b++) {
            uint32_t counter = 0;
            assert_int_equal(verify_with(rig, rig->size_bytes, buffers[b], &counter), CP_OK);
            assert_int_equal(counter, 0x01020304);
        }
    }
}

static void an_image_may_fill_the_partition(void **context) {
    struct rig *rig = *context;
    rig->partition.size_bytes = 4 * PAGE_BYTES;
    put_image(rig, 4 * PAGE_BYTES - CP_TRAILER_SIZE_BYTES, seed);
    assert_int_equal(verify(rig, rig->size_bytes), CP_OK);
}

static void larger_than_the_partition(void **context) {
    struct rig *rig = *context;
    put_image(rig, 4 * PAGE_BYTES - CP_TRAILER_SIZE_BYTES + 1, seed);
    assert_int_equal(verify(rig, rig->size_bytes), CP_OK);
    rig->partition.size_bytes = 4 * PAGE_BYTES;
    assert_int_equal(verify(rig, rig->size_bytes), CP_ERR_IMAGE);
    assert_int_equal(verify(rig, UINT32_MAX), CP_ERR_IMAGE);
}

// With every size but its own: truncated, too long, without any payload.
static void another_size(void **context) {
    struct rig *rig = *context;
    for (uint32_t size_bytes = 0; size_bytes <= rig->partition.size_bytes + 1; size_bytes++) {
        assert_int_equal(verify(rig, size_bytes),
                         size_bytes == rig->size_bytes ? CP_OK : CP_ERR_IMAGE);
    }
}

static void truncated(void **context) {
    struct rig *rig = *context;
    memset(rig->image + rig->size_bytes - 4, 0xFF, 4);
    assert_int_equal(verify(rig, rig->size_bytes), CP_ERR_IMAGE);
}

// A payload of no byte is no image, however well it is signed.
static void an_empty_payload(void **context) {
    struct rig *rig = *context;
    put_image(rig, 0, seed);
    assert_int_equal(verify(rig, rig->size_bytes), CP_ERR_IMAGE);
}

static void a_foreign_key(void **context) {
    struct rig *rig = *context;
    put_image(rig, 700, foreign_seed);
    assert_int_equal(verify(rig, rig->size_bytes), CP_ERR_IMAGE);
    cp_sign_public_key(foreign_seed, rig->public_key);
    assert_int_equal(verify(rig, rig->size_bytes), CP_OK);
}

// Of the payload, the manifest (its reserved bytes too) and the signature.
static void every_bit_flipped(void **context) {
    struct rig *rig = *context;
    put_image(rig, 100, seed);
    for (uint32_t bit = 0; bit < 8 * rig->size_bytes; bit++) {
        rig->image[bit / 8] ^= (uint8_t)(1u << bit % 8);
        assert_int_equal(verify(rig, rig->size_bytes), CP_ERR_IMAGE);
        rig->image[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_int_equal(verify(rig, rig->size_bytes), CP_OK);
}

// An image of a later format is refused even if it is signed: nobody knows what it says.
static void another_format(void **context) {
    struct rig *rig = *context;
    struct cp_manifest manifest;
    rig->image[700]++; // the magic
    assert_int_equal(cp_manifest_read(&rig->partition, rig->size_bytes, &manifest), CP_ERR_IMAGE);
    rig->image[700]--;
    rig->image[700 + 4] = CP_MANIFEST_FORMAT + 1;
    assert_int_equal(cp_manifest_read(&rig->partition, rig->size_bytes, &manifest), CP_ERR_IMAGE);
}

static void every_read_that_fails(void **context) {
    struct rig *rig = *context;
    assert_int_equal(verify(rig, rig->size_bytes), CP_OK);
    const uint32_t read_count = rig->power.read_count;
    assert_int_equal(read_count, 1 + (700 + BUFFER_BYTES - 1) / BUFFER_BYTES);
    for (uint32_t read = 0; read < read_count; read++) {
        rig->power.read_count = 0;
        rig->power.fail_at_read = read;
        assert_int_equal(verify(rig, rig->size_bytes), CP_ERR_FLASH);
    }
}

// A flash that answers otherwise when it is read again: what was checked is what counts.
static int reads_then_lies(const struct cp_flash *flash, uint32_t offset_bytes, void *data,
                           uint32_t size_bytes) {
    int err = ram_read(flash, offset_bytes, data, size_bytes);
    struct ram_flash *ram = ram_of(flash);
    uint8_t *trailer = ram->bytes + PAGE_BYTES + 700;
    if (offset_bytes == PAGE_BYTES + 700) {
        trailer[12]++; // the counter
    }
    return err;
}

static void the_manifest_is_read_once(void **context) {
    struct rig *rig = *context;
    struct cp_flash flash = rig->flash.flash;
    flash.read = reads_then_lies;
    rig->partition.flash = &flash;
    assert_int_equal(verify(rig, rig->size_bytes), CP_OK); // with the counter that was signed
    assert_int_equal(verify(rig, rig->size_bytes), CP_ERR_IMAGE);
}

static void wrong_arguments(void **context) {
    struct rig *rig = *context;
    uint8_t buffer[4];
    uint32_t counter;
    struct cp_manifest manifest;
    const struct cp_verifier *v = &rig->verifier;
    const struct cp_verifier keyless = {cp_verify_ed25519, NULL};
    const struct cp_partition *p = &rig->partition;
    const struct cp_partition flashless = {NULL, 0, p->size_bytes};
    const struct cp_flash readless = {.size_bytes = p->size_bytes};
    const struct cp_partition unreadable = {&readless, 0, p->size_bytes};
    const uint32_t size = rig->size_bytes;
    assert_int_equal(cp_verify_ed25519(NULL, p, size, buffer, 4, &counter), CP_ERR_ARGUMENT);
    assert_int_equal(cp_verify_ed25519(&keyless, p, size, buffer, 4, &counter), CP_ERR_ARGUMENT);
    assert_int_equal(cp_verify_ed25519(v, NULL, size, buffer, 4, &counter), CP_ERR_ARGUMENT);
    assert_int_equal(cp_verify_ed25519(v, &flashless, size, buffer, 4, &counter), CP_ERR_ARGUMENT);
    assert_int_equal(cp_verify_ed25519(v, &unreadable, size, buffer, 4, &counter), CP_ERR_ARGUMENT);
    assert_int_equal(cp_verify_ed25519(v, p, size, NULL, 4, &counter), CP_ERR_ARGUMENT);
    assert_int_equal(cp_verify_ed25519(v, p, size, buffer, 0, &counter), CP_ERR_ARGUMENT);
    assert_int_equal(cp_verify_ed25519(v, p, size, buffer, 4, NULL), CP_ERR_ARGUMENT);
    assert_int_equal(cp_manifest_read(NULL, size, &manifest), CP_ERR_ARGUMENT);
    assert_int_equal(cp_manifest_read(&flashless, size, &manifest), CP_ERR_ARGUMENT);
    assert_int_equal(cp_manifest_read(&unreadable, size, &manifest), CP_ERR_ARGUMENT);
    assert_int_equal(cp_manifest_read(p, size, NULL), CP_ERR_ARGUMENT);
}

#define ON_IMAGE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_of_the_standard_are_met),
        cmocka_unit_test(a_signature_has_one_form),
        ON_IMAGE(a_good_image_is_taken_and_its_counter_told),
        ON_IMAGE(any_payload_and_any_buffer),
        ON_IMAGE(an_image_may_fill_the_partition),
        ON_IMAGE(larger_than_the_partition),
        ON_IMAGE(another_size),
        ON_IMAGE(truncated),
        ON_IMAGE(an_empty_payload),
        ON_IMAGE(a_foreign_key),
        ON_IMAGE(every_bit_flipped),
        ON_IMAGE(another_format),
        ON_IMAGE(every_read_that_fails),
        ON_IMAGE(the_manifest_is_read_once),
        ON_IMAGE(wrong_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
