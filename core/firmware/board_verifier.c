// board_verifier.c: see board_verifier.h.

#include "core/firmware/board_verifier.h"

#include <stddef.h>

#include "layout.h"

#if CP_BOARD_IS_SIGNED
#include "cutproof/verify.h"

static const uint8_t public_key[] = CP_BOARD_PUBLIC_KEY;
static const struct cp_verifier verifier = {cp_verify_ed25519, public_key};
const struct cp_verifier *const cp_board_verifier = &verifier;
#else
const struct cp_verifier *const cp_board_verifier = NULL;
#endif
