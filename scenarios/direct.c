// direct.c: the strategy, and which slot an image is linked for.

#include "scenarios/check.h"
#include "scenarios/draft.h"

#include <stdio.h>

enum { STRATEGY_SWAP, STRATEGY_DIRECT }; // order of cp_word_strategy

void cp_decode_strategy(struct cp_draft *draft) {
    uint32_t strategy = STRATEGY_SWAP;
    cp_read_word(draft, "strategy", &strategy);
    draft->out->is_direct = strategy == STRATEGY_DIRECT;
    if (draft->out->is_direct && !draft->is_journal) {
        cp_report_add(draft->report, cp_read_place(draft, "strategy"),
                      "'strategy: direct' goes only with 'format: journal'");
        cp_report_help(draft->report, "no other format can say which slot to start");
    }
    if (draft->out->is_direct && cp_read_has(draft, "layout.factory")) {
        cp_report_add(draft->report, cp_read_place(draft, "layout.factory"),
                      "'factory' goes only with 'strategy: swap'");
        cp_report_help(draft->report, "nothing is copied with 'strategy: direct'");
    }
}

void cp_read_slot(struct cp_draft *draft, struct cp_image *image) {
    char path[64];
    uint32_t slot = 0; // order of cp_word_slot
    snprintf(path, sizeof path, "images.%s.slot", image->name);
    bool is_said = cp_read_has(draft, path);
    image->slot = cp_read_word(draft, path, &slot) && slot == 1 ? CP_AREA_DFU : CP_AREA_ACTIVE;
    if (is_said && !draft->out->is_direct) {
        cp_report_add(draft->report, cp_read_place(draft, path),
                      "'slot' has no meaning without 'strategy: direct'");
    } else if (!is_said && draft->out->is_direct) {
        cp_report_add(draft->report, cp_read_place(draft, path), "the key 'slot' is missing");
        cp_report_help(draft->report, "say for which slot image '%s' is linked: a or b",
                       image->name);
    }
}

void cp_check_slots(struct cp_draft *draft) {
    uint8_t start = draft->out->start_image;
    if (draft->out->is_direct && start != CP_IMAGE_NONE &&
        draft->out->images[start].slot != CP_AREA_ACTIVE) {
        cp_report_add(draft->report, cp_read_place(draft, "lifecycle.start"),
                      "image '%s' is not linked for slot a", draft->out->images[start].name);
        cp_report_help(draft->report, "a device is delivered with its image in slot a, 'active'");
    }
}
