// channel.c: the device by which a demo application talks to the prover.
//
// It stands for what surrounds a device in the field: a server with images, a user who
// judges an image, a watchdog that ends a hang. core/firmware/demo_link_prover.c is its
// driver; docs/arm.md lists its registers. Nothing else has it, and no bootloader uses it.

#include "sim/arm/system.h"

#include "sim/bus_internal.h"

enum {
    MAGIC = 0x00,
    VALUE = 0x04,
    NOTE = 0x08,
    CHOOSE = 0x0C,
    ANSWER = 0x10,
    IMAGE = 0x14,
    OFFSET_BYTES = 0x18,
    ADDRESS = 0x1C,
    SIZE_BYTES = 0x20,
    DIGEST_LOW = 0x24,
    DIGEST_HIGH = 0x28,
    HANG = 0x2C,
    PANIC = 0x30,
    VERSION_ADDRESS = 0x34,
    VERSION = 0x38,
    SCRIPT = 0x40,
    IMAGE_SIZES = 0x80,
};

#define MAGIC_VALUE  0x46504331u
#define SCRIPT_WORDS 11u
#define PIECE_BYTES  64u

static uint32_t script_word(const struct cp_machine *machine, uint32_t index) {
    const struct cp_program_board *board = &machine->config.board;
    const struct cp_program_image *image = &board->images[machine->image % CP_IMAGES_MAX];
    const uint32_t words[SCRIPT_WORDS] = {machine->image,
                                          (uint32_t)machine->running_area,
                                          (uint32_t)image->firmware,
                                          image->next,
                                          (uint32_t)board->download,
                                          board->chunk_size_bytes,
                                          (uint32_t)board->after_revert,
                                          board->detach,
                                          board->dfu_host_present,
                                          board->dfu_mode_times_out,
                                          board->application_verifies};
    return words[index];
}

static bool is_no_register(uint32_t offset_bytes, const char *what) {
    cp_bus_misuse(NULL, "%s of 0x%x, where the prover's channel has no register", what,
                  (unsigned)(CP_ARM_CHANNEL_ADDRESS + offset_bytes));
    return true;
}

uint32_t cp_arm_channel_load(struct cp_machine *machine, uint32_t offset_bytes) {
    const struct cp_arm_state *state = &cp_arm_system.state;
    if (offset_bytes >= SCRIPT && offset_bytes < SCRIPT + 4 * SCRIPT_WORDS) {
        return script_word(machine, (offset_bytes - SCRIPT) / 4);
    }
    if (offset_bytes >= IMAGE_SIZES && offset_bytes < IMAGE_SIZES + 4 * CP_IMAGES_MAX) {
        return machine->config.board.images[(offset_bytes - IMAGE_SIZES) / 4].size_bytes;
    }
    switch (offset_bytes) {
    case MAGIC: return MAGIC_VALUE;
    case ANSWER: return state->answer;
    case DIGEST_LOW: return (uint32_t)cp_image_digest((uint8_t)state->image);
    case DIGEST_HIGH: return (uint32_t)(cp_image_digest((uint8_t)state->image) >> 32);
    default: is_no_register(offset_bytes, "load"); return 0;
    }
}

// By pieces, so that no address of ours is ever on the program's stack.
static void read_image(const struct cp_arm_state *state, uint32_t size_bytes) {
    uint8_t piece[PIECE_BYTES];
    for (uint32_t done_bytes = 0; done_bytes < size_bytes;) {
        uint32_t left_bytes = size_bytes - done_bytes;
        uint32_t piece_bytes = left_bytes < PIECE_BYTES ? left_bytes : PIECE_BYTES;
        cp_image_read((uint8_t)state->image, state->offset_bytes + done_bytes, piece, piece_bytes);
        cp_emulator_store(cp_arm_system.now, state->address + done_bytes, piece, piece_bytes);
        done_bytes += piece_bytes;
    }
}

// Is the code that runs that of the image which the prover believes to run?
static void check_version(const struct cp_machine *machine, uint32_t version) {
    const struct cp_program_area *area = &machine->config.board.areas[machine->running_area];
    uint32_t start = machine->config.board.devices[0].flash_address + area->offset_bytes;
    uint32_t at = cp_arm_system.state.version_address - start;
    const uint8_t *image = machine->config.images[machine->image % CP_IMAGES_MAX];
    uint32_t size_bytes = machine->config.board.images[machine->image % CP_IMAGES_MAX].size_bytes;
    uint32_t expected = 0;
    if (image && at < size_bytes && size_bytes - at >= sizeof expected) {
        __builtin_memcpy(&expected, image + at, sizeof expected);
    }
    if (expected != version) {
        cp_bus_crash("the application that runs says that it is version 0x%x; of the image that "
                     "should run it is 0x%x",
                     (unsigned)version, (unsigned)expected);
    }
}

void cp_arm_channel_store(struct cp_machine *machine, uint32_t offset_bytes, uint32_t value) {
    struct cp_arm_state *state = &cp_arm_system.state;
    switch (offset_bytes) {
    case VALUE: state->note_value = value; break;
    case NOTE: cp_note((enum cp_note)value, state->note_value); break;
    case CHOOSE: state->answer = cp_choose(value); break;
    case IMAGE: state->image = value; break;
    case OFFSET_BYTES: state->offset_bytes = value; break;
    case ADDRESS: state->address = value; break;
    case SIZE_BYTES: read_image(state, value); break;
    case HANG: cp_end_hang();
    case PANIC: state->panic_error = value; break;
    case VERSION_ADDRESS: state->version_address = value; break;
    case VERSION: check_version(machine, value); break;
    default: is_no_register(offset_bytes, "store"); break;
    }
}
