// sha512.h: the SHA-512 of OpenBSD, as scripts/fetch_crypto brings it: SHA512Init(),
// SHA512Update(), SHA512Final() on a struct SHA2_CTX.

#ifndef CP_VERIFY_SHA512_H
#define CP_VERIFY_SHA512_H

#include "core/verify/pycabcrypt.h"

#include <sha2.h>

#endif
