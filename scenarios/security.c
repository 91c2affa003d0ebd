// security.c: trials and signatures, and what of a scenario is of the format journal alone.

#include "scenarios/draft.h"

#include <string.h>

static const char *last_of(const char *path) {
    const char *dot = strrchr(path, '.');
    return dot == NULL ? path : dot + 1;
}

// What is wrong with the format itself was reported already.
static void need_journal(struct cp_draft *draft, const char *path) {
    uint32_t format;
    if (!draft->is_journal && cp_read_has(draft, path) && cp_read_word(draft, "format", &format)) {
        cp_report_add(draft->report, cp_read_place(draft, path),
                      "'%s' has no meaning without 'format: journal'", last_of(path));
        cp_report_help(draft->report, "the format seed knows nothing of it");
    }
}

// Read a boolean that is worth something only if images are signed.
static void read_check(struct cp_draft *draft, const char *path, bool *value) {
    if (cp_read_has(draft, path) && !draft->out->is_signed) {
        cp_report_add(draft->report, cp_read_place(draft, path),
                      "'%s' has no meaning without 'signed: true'", last_of(path));
        cp_report_help(draft->report, "what an image says of itself counts only if it is signed");
    }
    cp_read_boolean(draft, path, value);
}

void cp_decode_security(struct cp_draft *draft) {
    struct cp_case *out = draft->out;
    need_journal(draft, "trial");
    need_journal(draft, "security");
    need_journal(draft, "layout.factory");
    out->trial_attempts = 1;
    cp_read_number_32(draft, "trial.attempts", &out->trial_attempts);
    cp_read_boolean(draft, "security.signed", &out->is_signed);
    read_check(draft, "security.rollback_protection", &out->has_rollback_protection);
    read_check(draft, "security.verify_each_boot", &out->verifies_each_boot);
    read_check(draft, "security.application_verifies", &out->application_verifies);
}

// Without an image of last resort nothing can be started, and that is to be claimed.
static void check_damaged(struct cp_draft *draft) {
    const struct cp_case *out = draft->out;
    uint32_t verdict;
    bool is_claimed =
        !cp_read_word(draft, "expect.verdict", &verdict) || verdict == CP_VERDICT_VIOLATED;
    if (out->damaged != 0 && !cp_read_has(draft, "layout.factory") && !is_claimed) {
        cp_report_add(draft->report, cp_read_place(draft, "lifecycle.damaged"),
                      "a device without 'factory' does not survive that");
        cp_report_help(draft->report,
                       "add `layout.factory` and `lifecycle.factory`, or claim the failure");
    }
}

// Of an image that was not installed by an update the bootloader does not know the size: it
// takes all of ACTIVE for it.
static void check_whole(struct cp_draft *draft, const char *path, uint8_t image) {
    const struct cp_case *out = draft->out;
    if (image != CP_IMAGE_NONE && draft->area_known[CP_AREA_ACTIVE] &&
        out->images[image].size_bytes != out->areas[CP_AREA_ACTIVE].size_bytes) {
        cp_report_add(draft->report, cp_read_place(draft, path),
                      "'%s' does not fill 'active', and cannot be verified at each boot",
                      out->images[image].name);
        cp_report_help(draft->report, "the signature of an image that was delivered is at the end "
                                      "of 'active'");
    }
}

void cp_check_security(struct cp_draft *draft) {
    check_damaged(draft);
    if (draft->out->verifies_each_boot) {
        check_whole(draft, "lifecycle.start", draft->out->start_image);
        check_whole(draft, "lifecycle.factory", draft->out->factory_image);
    }
}
