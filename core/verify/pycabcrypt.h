// pycabcrypt.h: what sha2.c expects of the package that it comes from, for a system without
// one. It bears the name under which sha2.c includes it.

#ifndef CP_VERIFY_PYCABCRYPT_H
#define CP_VERIFY_PYCABCRYPT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define u_int8_t  uint8_t
#define u_int32_t uint32_t
#define u_int64_t uint64_t

#define DEF_WEAK(function)
#define __bounded__(...) // an attribute of OpenBSD's compiler

// An image is no secret: there is nothing to wipe for good.
#define explicit_bzero(data, size_bytes) memset(data, 0, size_bytes)

// All CPUs that this is for are little-endian.
#define le32toh(value) (value)
#define htobe32(value) __builtin_bswap32(value)
#define be32toh(value) __builtin_bswap32(value)
#define htobe64(value) __builtin_bswap64(value)
#define be64toh(value) __builtin_bswap64(value)

#endif
