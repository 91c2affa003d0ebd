// options.h: the options of all commands, from one table that both the parser
// and the help text are made of.

#ifndef CP_CLI_OPTIONS_H
#define CP_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cutproof/verify.h"
#include "faults/explore.h"

enum cp_format { CP_FORMAT_HUMAN, CP_FORMAT_JSON };

struct cp_options {
    const char *log;
    const char *core;
    const char *case_name;
    const char *tag;
    const char *color; // "auto", "always" or "never"
    const char *format_name;
    enum cp_format format;
    const char *jobs_text, *engine_name, *shard_text, *time_text, *memory_text, *states_text;
    const char *resume; // the log of a run to go on with
    uint32_t jobs;      // searches at a time
    enum cp_engine engine;
    uint32_t shard_index, shard_count; // from 0; 0 of 0: all
    // Budgets beside those of the cases; CP_UNLIMITED, and 0 for the memory, where not given.
    uint32_t seconds_max, states_max;
    uint64_t memory_max_bytes;
    // Of keygen, sign and verify: files, and what the manifest of an image says.
    const char *out, *public_out, *key, *public_key;
    const char *version_text, *counter_text, *pad_text;
    struct cp_manifest manifest;
    uint32_t pad_to_bytes;
    // Of report: where each form goes.
    const char *executed; // of run
    const char *html, *junit, *sarif, *json, *markdown;
    bool annotations;
    // Of replay.
    const char *until, *save_as, *image;
    bool step;
    bool gdb;
    // Of gate.
    const char *thresholds;
    // Of layout.
    bool header, linker, description;
    // Of measure.
    const char *source;
    bool audit;
    bool quick;
    bool fail_fast;
    bool list_violations;
    bool print_schema;
    bool print_reference;
    bool targets;
    bool force;
    bool verbose;
    bool help;
    // What is left when the options are taken: files, directories, a case id.
    char **arguments;
    int argument_count;
    // The whole command line, for the log.
    char **all;
    int all_count;
};

// Which commands an option belongs to, a bit each.
enum cp_command_bit {
    CP_COMMAND_INIT = 1u << 0,
    CP_COMMAND_CHECK = 1u << 1,
    CP_COMMAND_LIST = 1u << 2,
    CP_COMMAND_RUN = 1u << 3,
    CP_COMMAND_REPLAY = 1u << 4,
    CP_COMMAND_BENCH = 1u << 5,
    CP_COMMAND_DOCTOR = 1u << 6,
    CP_COMMAND_MERGE = 1u << 7,
    CP_COMMAND_KEYGEN = 1u << 8,
    CP_COMMAND_SIGN = 1u << 9,
    CP_COMMAND_VERIFY = 1u << 10,
    CP_COMMAND_REPORT = 1u << 11,
    CP_COMMAND_GATE = 1u << 12,
    CP_COMMAND_MEASURE = 1u << 13,
    CP_COMMAND_COMPLETION = 1u << 14,
    CP_COMMAND_HELP = 1u << 15,
    CP_COMMAND_VERSION = 1u << 16,
    CP_COMMAND_LAYOUT = 1u << 17,
    CP_COMMAND_ALL = (1u << 18) - 1,
};

// An option, for whoever tells of all of them.
struct cp_option_row {
    const char *name;
    char letter;          // short form, or 0
    const char *argument; // as shown in the help; NULL: a flag
    size_t offset;        // of its const char * or bool in struct cp_options
    uint32_t commands;    // bits of enum cp_command_bit
    const char *help;
};

// The option at a place in the table, in the order of the help; NULL behind the last.
const struct cp_option_row *cp_option_at(size_t index);

// Parse the arguments after the command's name. Returns 0, or -1 after a
// message on stderr.
int cp_options_parse(uint32_t command_bit, int argc, char **argv, struct cp_options *options);

// The whole command line in one string, quoted where a shell would need it. The caller
// frees it; NULL without memory.
char *cp_options_command_line(const struct cp_options *options);

// Print the options of a command, aligned, a line each.
void cp_options_print_help(uint32_t command_bit);

#endif
