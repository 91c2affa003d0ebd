// option_values.c: the values of options, in the units that scenarios have.

#include "cli/option_values.h"

#include "cli/text.h"
#include "scenarios/value.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define JOBS_MAX         1024u
#define SHARDS_MAX       65536u
#define PAD_TO_MAX_BYTES 65536u
#define PAD_TO_BYTES     32u // the largest write size
#define SECOND_US        1000000ull
#define MIB              (1024ull * 1024ull)

static const struct cp_key jobs_key = {.type = CP_KEY_INTEGER, .min = 1, .max = JOBS_MAX};
static const struct cp_key part_key = {.type = CP_KEY_INTEGER, .min = 1, .max = SHARDS_MAX};
static const struct cp_key states_key = {.type = CP_KEY_INTEGER, .min = 1, .max = UINT32_MAX - 1};
static const struct cp_key time_key = {
    .type = CP_KEY_TIME, .min = SECOND_US, .max = 365 * 24 * 3600 * SECOND_US, .step = SECOND_US};
static const struct cp_key memory_key = {.type = CP_KEY_SIZE, .min = MIB, .max = 16 * MIB * MIB};

static const struct cp_key counter_key = {.type = CP_KEY_INTEGER, .max = UINT32_MAX};
static const struct cp_key pad_key = {.type = CP_KEY_INTEGER, .min = 1, .max = PAD_TO_MAX_BYTES};

static const char *example_of(const struct cp_key *key) {
    return key->type == CP_KEY_TIME   ? "a time in whole seconds, such as 10s, 5m or 2h"
           : key->type == CP_KEY_SIZE ? "a size of at least 1MiB, such as 64MiB or 2GiB"
                                      : "a whole number";
}

// The value of an option that was given; untouched if it was not.
static int read_number(const char *option, const char *text, const struct cp_key *key,
                       uint64_t *value) {
    if (!text || cp_value_number(key, text, value) == CP_VALUE_OK) {
        return 0;
    }
    char least[CP_VALUE_TEXT_MAX], most[CP_VALUE_TEXT_MAX];
    cp_complain("--%s cannot be '%s'", option, text);
    cp_help("give %s, from %s to %s", example_of(key), cp_value_text(least, key->type, key->min),
            cp_value_text(most, key->type, key->max));
    return -1;
}

static int read_jobs(struct cp_options *options) {
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    uint64_t jobs = online < 1 ? 1 : online > (long)JOBS_MAX ? JOBS_MAX : (uint64_t)online;
    int err = read_number("jobs", options->jobs_text, &jobs_key, &jobs);
    options->jobs = (uint32_t)jobs;
    return err;
}

static int read_engine(struct cp_options *options) {
    options->engine = options->engine_name ? cp_engine_named(options->engine_name) : CP_ENGINE_FAST;
    if (options->engine == CP_ENGINE_COUNT) {
        cp_complain("--engine cannot be '%s'", options->engine_name);
        cp_help("give fast, slow, arm or both");
        return -1;
    }
    if (options->engine == CP_ENGINE_ARM && options->core) {
        cp_complain("--core cannot be given with --engine arm");
        cp_help("the scenario names the bootloader's ELF: firmware: {bootloader: FILE}");
        return -1;
    }
    return 0;
}

static int complain_shard(const char *text) {
    cp_complain("--shard cannot be '%s'", text);
    cp_help("give the part and the number of parts, such as 1/3, 2/3 and 3/3");
    return -1;
}

static int read_shard(struct cp_options *options) {
    char part[24];
    uint64_t index, count;
    const char *text = options->shard_text;
    const char *slash = text ? strchr(text, '/') : NULL;
    if (!text) {
        return 0;
    }
    if (!slash || (size_t)(slash - text) >= sizeof part) {
        return complain_shard(text);
    }
    memcpy(part, text, (size_t)(slash - text));
    part[slash - text] = '\0';
    if (cp_value_number(&part_key, part, &index) != CP_VALUE_OK ||
        cp_value_number(&part_key, slash + 1, &count) != CP_VALUE_OK || index > count) {
        return complain_shard(text);
    }
    options->shard_index = (uint32_t)index - 1;
    options->shard_count = (uint32_t)count;
    return 0;
}

static int read_budgets(struct cp_options *options) {
    uint64_t time_us = UINT64_MAX, states = CP_UNLIMITED;
    options->memory_max_bytes = 0;
    int err = read_number("max-time", options->time_text, &time_key, &time_us);
    err |= read_number("max-memory", options->memory_text, &memory_key, &options->memory_max_bytes);
    err |= read_number("max-states", options->states_text, &states_key, &states);
    options->seconds_max = options->time_text ? (uint32_t)(time_us / SECOND_US) : CP_UNLIMITED;
    options->states_max = (uint32_t)states;
    return err;
}

// One number of a version, and the character after it, which is taken too.
static bool read_part(const char **text, uint32_t max, char end, uint32_t *value) {
    char *rest;
    if (**text < '0' || **text > '9') {
        return false;
    }
    unsigned long long number = strtoull(*text, &rest, 10);
    if (number > max || *rest != end) {
        return false;
    }
    *value = (uint32_t)number;
    *text = end ? rest + 1 : rest;
    return true;
}

static int read_version(struct cp_options *options) {
    const char *text = options->version_text;
    uint32_t major, minor, revision, build = 0;
    if (!text) {
        return 0;
    }
    const char last = strchr(text, '+') ? '+' : '\0';
    if (!read_part(&text, UINT8_MAX, '.', &major) || !read_part(&text, UINT8_MAX, '.', &minor) ||
        !read_part(&text, UINT16_MAX, last, &revision) ||
        (last && !read_part(&text, UINT32_MAX, '\0', &build))) {
        cp_complain("--version cannot be '%s'", options->version_text);
        cp_help("give X.Y.Z or X.Y.Z+N, up to 255.255.65535+4294967295");
        return -1;
    }
    options->manifest.version_major = (uint8_t)major;
    options->manifest.version_minor = (uint8_t)minor;
    options->manifest.version_revision = (uint16_t)revision;
    options->manifest.version_build = build;
    return 0;
}

static int read_image(struct cp_options *options) {
    uint64_t counter = 0, pad_to_bytes = PAD_TO_BYTES;
    int err = read_number("security-counter", options->counter_text, &counter_key, &counter);
    err |= read_number("pad-to", options->pad_text, &pad_key, &pad_to_bytes);
    err |= read_version(options);
    options->manifest.security_counter = (uint32_t)counter;
    options->pad_to_bytes = (uint32_t)pad_to_bytes;
    return err;
}

int cp_option_values(struct cp_options *options) {
    int err = read_jobs(options);
    err |= read_engine(options);
    err |= read_shard(options);
    err |= read_budgets(options);
    err |= read_image(options);
    return err;
}

static uint64_t smaller(uint64_t one, uint64_t other) {
    return one < other ? one : other;
}

void cp_option_budgets(const struct cp_options *options, struct cp_case *test_case) {
    struct cp_bounds *bounds = &test_case->bounds;
    uint64_t memory = bounds->memory_max_bytes ? bounds->memory_max_bytes : CP_MEMORY_MAX_BYTES;
    bounds->seconds_max = (uint32_t)smaller(bounds->seconds_max, options->seconds_max);
    bounds->states_max = (uint32_t)smaller(bounds->states_max, options->states_max);
    if (options->memory_max_bytes) {
        bounds->memory_max_bytes = smaller(memory, options->memory_max_bytes);
    }
}

struct cp_explore_options cp_option_search(const struct cp_options *options,
                                           const struct cp_case *test_case) {
    return (struct cp_explore_options){
        .engine = options->engine,
        .is_audit = options->audit,
        .shard_index = options->shard_index,
        .shard_count = options->shard_count,
        .is_states_budget = options->states_max < test_case->bounds.states_max,
        .cuts_whole_first_run = true,
    };
}
