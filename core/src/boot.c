// boot.c: the swap of ACTIVE and DFU, page by page, through one spare page.
//
// DFU is one page unit longer than ACTIVE. The swap goes backwards and moves
// each old page one page up in DFU, over a new page that is already in place:
//
//   N = 3       ACTIVE      DFU               step
//   before      o0 o1 o2    n0 n1 n2 --
//   page 2      o0 o1 n2    n0 n1 n2 o2       0: DFU[3] = ACTIVE[2]   1: ACTIVE[2] = DFU[2]
//   page 1      o0 n1 n2    n0 n1 o1 o2       2: DFU[2] = ACTIVE[1]   3: ACTIVE[1] = DFU[1]
//   page 0      n0 n1 n2    n0 o0 o1 o2       4: DFU[1] = ACTIVE[0]   5: ACTIVE[0] = DFU[0]
//
// The revert goes forwards and undoes this, steps 6 to 11:
//
//   page 0      o0 n1 n2    n0 o0 o1 o2       6: DFU[0] = ACTIVE[0]   7: ACTIVE[0] = DFU[1]
//   page 1      o0 o1 n2    n0 n1 o1 o2       8: DFU[1] = ACTIVE[1]   9: ACTIVE[1] = DFU[2]
//   page 2      o0 o1 o2    n0 n1 n2 o2      10: DFU[2] = ACTIVE[2]  11: ACTIVE[2] = DFU[3]
//
// Why a cut inside a step loses nothing: a step writes only its destination,
// and is recorded after its last write. Its source is intact until the next
// step, which starts after the record. So an unrecorded step can be repeated.
//
// The stored state stays SWAP from the request until the application confirms.
// So SWAP at boot means, by the progress: fewer than 2N steps done, an update
// to begin or resume; otherwise, a trial that was not confirmed, to be undone.

#include "cutproof/boot.h"

#include <stddef.h>

#include "partition.h"
#include "state_format.h"

static void feed(const struct cp_boot_config *config) {
    if (config->feed) {
        config->feed(config->feed_context);
    }
}

// A page unit may be many pages, each of which takes its time.
static int erase_unit(const struct cp_boot_config *config, const struct cp_partition *to,
                      uint32_t to_bytes, uint32_t unit_bytes) {
    const uint32_t page_bytes = to->flash->erase_size_bytes;
    for (uint32_t done_bytes = 0; done_bytes < unit_bytes; done_bytes += page_bytes) {
        feed(config);
        int err = cp_partition_erase(to, to_bytes + done_bytes, page_bytes);
        if (err) {
            return err;
        }
    }
    return CP_OK;
}

static int copy_chunk(const struct cp_boot_config *config, const struct cp_partition *to,
                      uint32_t to_bytes, const struct cp_partition *from, uint32_t from_bytes) {
    int err = cp_partition_read(from, from_bytes, config->buffer, config->buffer_size_bytes);
    if (err) {
        return err;
    }
    feed(config);
    return cp_partition_program(to, to_bytes, config->buffer, config->buffer_size_bytes);
}

// Make page unit to_page of one partition a copy of page unit from_page of another.
static int copy_page(const struct cp_boot_config *config, const struct cp_partition *to,
                     uint32_t to_page, const struct cp_partition *from, uint32_t from_page) {
    const uint32_t page_bytes = cp_boot_page_size_bytes(config);
    const uint32_t to_bytes = to_page * page_bytes;
    const uint32_t from_bytes = from_page * page_bytes;

    int err = erase_unit(config, to, to_bytes, page_bytes);
    if (err) {
        return err;
    }
    for (uint32_t done_bytes = 0; done_bytes < page_bytes;
         done_bytes += config->buffer_size_bytes) {
        err = copy_chunk(config, to, to_bytes + done_bytes, from, from_bytes + done_bytes);
        if (err) {
            return err;
        }
    }
    return CP_OK;
}

static uint32_t page_count(const struct cp_boot_config *config) {
    return config->active.size_bytes / cp_boot_page_size_bytes(config);
}

// step: 0 .. 2N-1, from the last page to the first
static int swap_step(const struct cp_boot_config *config, uint32_t step) {
    const uint32_t page = page_count(config) - 1 - step / 2;
    if (step % 2 == 0) {
        return copy_page(config, &config->dfu, page + 1, &config->active, page);
    }
    return copy_page(config, &config->active, page, &config->dfu, page);
}

// step: 0 .. 2N-1, from the first page to the last
static int revert_step(const struct cp_boot_config *config, uint32_t step) {
    const uint32_t page = step / 2;
    if (step % 2 == 0) {
        return copy_page(config, &config->dfu, page, &config->active, page);
    }
    return copy_page(config, &config->active, page, &config->dfu, page + 1);
}

// One step of either direction, then its record; see struct cp_state_view.
static int run_step(const struct cp_boot_config *config, uint32_t step) {
    const uint32_t swap_end_step = 2 * page_count(config);
    int err = step < swap_end_step ? swap_step(config, step)
                                   : revert_step(config, step - swap_end_step);
    if (err) {
        return err;
    }
    return config->format->record_step(&config->state, step);
}

// Run all steps not yet done below end_step. Each step begins with the same search,
// into the same variable: a boot that resumes here is then soon the same in every
// byte of RAM as one that came here by itself, and a prover needs to look at only
// one of them.
static int run_steps(const struct cp_boot_config *config, struct cp_state_view *view,
                     uint32_t end_step) {
    int err = config->format->skip_done(&config->state, page_count(config), view);
    while (!err && view->next_step < end_step) {
        err = run_step(config, view->next_step);
        if (err) {
            return err;
        }
        view->next_step++;
        err = config->format->skip_done(&config->state, page_count(config), view);
    }
    return err;
}

static int revert(const struct cp_boot_config *config, struct cp_state_view *view) {
    int err = run_steps(config, view, 4 * page_count(config));
    if (err) {
        return err;
    }
    feed(config);
    return config->format->finish_revert(&config->state);
}

static bool is_complete(const struct cp_state_format *format) {
    return format->load && format->record_step && format->skip_done && format->finish_revert;
}

int cp_boot_run(const struct cp_boot_config *config, enum cp_state *state) {
    struct cp_state_view view = {CP_STATE_BOOT, 0};
    if (!is_complete(config->format)) {
        return CP_ERR_ARGUMENT;
    }
    int err = config->format->load(&config->state, page_count(config), &view);
    if (err) {
        return err;
    }
    *state = view.state;
    if (view.state != CP_STATE_SWAP) {
        return CP_OK;
    }
    const uint32_t swap_end_step = 2 * page_count(config);
    if (view.next_step < swap_end_step) {
        return run_steps(config, &view, swap_end_step);
    }
    return revert(config, &view);
}

int cp_boot_prepare(const struct cp_boot_config *config, enum cp_state *state) {
    if (!state) {
        return CP_ERR_ARGUMENT;
    }
    int err = cp_boot_check(config);
    if (err) {
        return err;
    }
    return config->strategy == CP_STRATEGY_SWAP ? config->format->prepare(config, state)
                                                : CP_ERR_ARGUMENT;
}
