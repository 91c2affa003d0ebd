// worker_wire.c: frames: a kind, a size, and that many bytes.

#include "cli/worker_wire.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READ_SIZE      (256u * 1024u)
#define FRAME_SIZE_MAX ((uint64_t)1 << 36) // ids of some billion states

enum kind { KIND_ROWS = 0x43500001, KIND_PROGRESS, KIND_RESULT, KIND_KNOWN };

struct head {
    uint32_t kind;
    uint32_t part;
    uint64_t size;
};

// --- out

static int write_all(int file, const void *data, size_t size) {
    const uint8_t *bytes = data;
    while (size > 0) {
        ssize_t written = write(file, bytes, size);
        if (written < 0 && errno == EINTR) {
            continue;
        }
        if (written <= 0) {
            return -1;
        }
        bytes += written;
        size -= (size_t)written;
    }
    return 0;
}

static int put_head(struct cp_wire_out *out, enum kind kind, uint32_t part, uint64_t size) {
    const struct head head = {kind, part, size};
    return write_all(out->file, &head, sizeof head);
}

int cp_wire_flush(struct cp_wire_out *out) {
    size_t size = out->row_count * sizeof out->rows[0];
    if (out->row_count == 0) {
        return 0;
    }
    out->row_count = 0;
    int err = put_head(out, KIND_ROWS, 0, size);
    return err ? err : write_all(out->file, out->rows, size);
}

int cp_wire_put_row(struct cp_wire_out *out, const struct cp_state_row *row) {
    out->rows[out->row_count++] = *row;
    return out->row_count == CP_WIRE_ROWS ? cp_wire_flush(out) : 0;
}

int cp_wire_put_progress(struct cp_wire_out *out, const struct cp_wire_progress *progress) {
    int err = cp_wire_flush(out);
    err = err ? err : put_head(out, KIND_PROGRESS, 0, sizeof *progress);
    return err ? err : write_all(out->file, progress, sizeof *progress);
}

int cp_wire_put_result(struct cp_wire_out *out, uint32_t part, const struct cp_result *result) {
    size_t sites_size = result->site_count * sizeof result->sites[0];
    size_t wear_size = result->wear_count * sizeof result->wear[0];
    size_t cuts_size = result->cut_count * sizeof result->cuts[0];
    int err = cp_wire_flush(out);
    err =
        err ? err
            : put_head(out, KIND_RESULT, part, sizeof *result + sites_size + wear_size + cuts_size);
    err = err ? err : write_all(out->file, result, sizeof *result);
    err = err ? err : write_all(out->file, result->sites, sites_size);
    err = err ? err : write_all(out->file, result->wear, wear_size);
    return err ? err : write_all(out->file, result->cuts, cuts_size);
}

int cp_wire_put_known(struct cp_wire_out *out, uint32_t part, const struct cp_merge_known *known) {
    const uint32_t counts[2] = {known->id_count, known->site_count};
    size_t ids_size = known->id_count * sizeof known->ids[0];
    size_t sites_size = known->site_count * sizeof known->sites[0];
    int err = put_head(out, KIND_KNOWN, part, sizeof counts + ids_size + sites_size);
    err = err ? err : write_all(out->file, counts, sizeof counts);
    err = err ? err : write_all(out->file, known->ids, ids_size);
    return err ? err : write_all(out->file, known->sites, sites_size);
}

// --- in

// A copy of a list in a frame; NULL without memory. There is room for one more, so
// that an empty list is not taken for that.
static void *copy_list(const uint8_t *from, size_t size) {
    void *list = malloc(size + 1);
    if (list && size > 0) {
        memcpy(list, from, size);
    }
    return list;
}

static int take_result(const struct head *head, const uint8_t *bytes,
                       const struct cp_wire_taker *taker) {
    struct cp_result result;
    if (!taker->result || head->size < sizeof result) {
        return -1;
    }
    memcpy(&result, bytes, sizeof result);
    size_t sites_size = result.site_count * sizeof *result.sites;
    size_t wear_size = result.wear_count * sizeof *result.wear;
    size_t cuts_size = result.cut_count * sizeof *result.cuts;
    if (head->size != sizeof result + sites_size + wear_size + cuts_size) {
        return -1;
    }
    const uint8_t *lists = bytes + sizeof result;
    result.sites = copy_list(lists, sites_size);
    result.wear = copy_list(lists + sites_size, wear_size);
    result.cuts = copy_list(lists + sites_size + wear_size, cuts_size);
    if (!result.sites || !result.wear || !result.cuts) {
        cp_result_free(&result);
        return -1;
    }
    return taker->result(taker->context, head->part, &result);
}

static int take_known(const struct head *head, const uint8_t *bytes,
                      const struct cp_wire_taker *taker) {
    uint32_t counts[2];
    if (!taker->known || head->size < sizeof counts) {
        return -1;
    }
    memcpy(counts, bytes, sizeof counts);
    if (head->size != sizeof counts + ((uint64_t)counts[0] + counts[1]) * sizeof(uint32_t)) {
        return -1;
    }
    uint32_t *numbers = copy_list(bytes + sizeof counts, head->size - sizeof counts);
    if (!numbers) {
        return -1;
    }
    const struct cp_merge_known known = {numbers, numbers + counts[0], counts[0], counts[1]};
    int err = taker->known(taker->context, head->part, &known);
    free(numbers);
    return err;
}

// Rows are copied out, since nothing aligns them where they came in.
static int take_rows(const struct head *head, const uint8_t *bytes,
                     const struct cp_wire_taker *taker) {
    struct cp_state_row rows[CP_WIRE_ROWS];
    if (!taker->rows || head->size > sizeof rows || head->size % sizeof rows[0] != 0) {
        return -1;
    }
    memcpy(rows, bytes, head->size);
    return taker->rows(taker->context, rows, (uint32_t)(head->size / sizeof rows[0]));
}

static int take_progress(const struct head *head, const uint8_t *bytes,
                         const struct cp_wire_taker *taker) {
    struct cp_wire_progress progress;
    if (!taker->progress || head->size != sizeof progress) {
        return -1;
    }
    memcpy(&progress, bytes, sizeof progress);
    return taker->progress(taker->context, &progress);
}

static int take_frame(const struct head *head, const uint8_t *bytes,
                      const struct cp_wire_taker *taker) {
    switch (head->kind) {
    case KIND_ROWS: return take_rows(head, bytes, taker);
    case KIND_PROGRESS: return take_progress(head, bytes, taker);
    case KIND_RESULT: return take_result(head, bytes, taker);
    case KIND_KNOWN: return take_known(head, bytes, taker);
    default: return -1;
    }
}

// Take what is whole, and keep the rest for later.
static int take_frames(struct cp_wire_in *in, const struct cp_wire_taker *taker) {
    size_t at = 0;
    int err = 0;
    while (!err && in->count - at >= sizeof(struct head)) {
        struct head head;
        memcpy(&head, in->bytes + at, sizeof head);
        if (head.size > FRAME_SIZE_MAX) {
            return -1;
        }
        if (in->count - at - sizeof head < head.size) {
            break;
        }
        err = take_frame(&head, in->bytes + at + sizeof head, taker);
        at += sizeof head + head.size;
    }
    memmove(in->bytes, in->bytes + at, in->count - at);
    in->count -= at;
    return err < 0 ? err : 0;
}

static int make_room(struct cp_wire_in *in) {
    if (in->capacity - in->count >= READ_SIZE) {
        return 0;
    }
    size_t capacity = 2 * in->capacity + READ_SIZE;
    uint8_t *larger = realloc(in->bytes, capacity);
    if (!larger) {
        return -1;
    }
    in->bytes = larger;
    in->capacity = capacity;
    return 0;
}

int cp_wire_take(struct cp_wire_in *in, int file, const struct cp_wire_taker *taker) {
    if (make_room(in) < 0) {
        return -1;
    }
    ssize_t got = read(file, in->bytes + in->count, in->capacity - in->count);
    if (got < 0) {
        return errno == EINTR || errno == EAGAIN ? 1 : -1;
    }
    if (got == 0) {
        return in->count == 0 ? 0 : -1; // cut off within a frame
    }
    in->count += (size_t)got;
    int err = take_frames(in, taker);
    return err < 0 ? err : 1;
}

void cp_wire_in_free(struct cp_wire_in *in) {
    free(in->bytes);
    *in = (struct cp_wire_in){0};
}
