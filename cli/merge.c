// merge.c: the command that makes one log of the logs of parts.

#include "cli/command.h"
#include "cli/log_cases.h"
#include "cli/merge_sites.h"
#include "cli/program.h"
#include "cli/run_state.h"
#include "cli/text.h"
#include "cli/verdict.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// A log that is merged.
struct input {
    const char *path;
    struct cp_look *look;
    struct cp_look_run about;
};

// What a log has of a case: all of it, or a part.
struct piece {
    const struct input *input;
    struct cp_look_case found; // its id is 0 where the log selected it and never began
    uint32_t part, part_count; // from 0; 0 of 0: all of it
};

struct merge {
    struct cp_run run;
    struct cp_options options; // with the engine of the logs
    struct input *inputs;
    size_t input_count;
    struct piece *pieces;
    size_t piece_count;
    const struct input *input;   // that is read now
    struct cp_merge *rows;       // of the case that is merged now
    struct cp_merge_sites sites; // likewise
    int64_t case_id;
    uint32_t part;
    bool has_failed; // after a message
};

// --- the logs

static int check_program(const struct merge *merge, const struct input *input) {
    const struct cp_program *program = merge->run.program;
    if (strcmp(input->about.core_hash, program->core_hash) == 0) {
        return 0;
    }
    cp_complain("'%s' is of core %s %s, not of %s %s", input->path, input->about.core_name,
                input->about.core_hash, program->name, program->core_hash);
    cp_help("merge with the build and the --core that wrote the logs");
    return -1;
}

static int check_search(const struct merge *merge, const struct input *input) {
    const struct input *first = &merge->inputs[0];
    if (first->about.engine == input->about.engine &&
        first->about.is_audit == input->about.is_audit) {
        return 0;
    }
    cp_complain("'%s' was searched with the %s engine%s, '%s' with the %s engine%s", first->path,
                cp_engine_name(first->about.engine), first->about.is_audit ? " and --audit" : "",
                input->path, cp_engine_name(input->about.engine),
                input->about.is_audit ? " and --audit" : "");
    return -1;
}

// The first log says what was searched.
static int use_program_of(struct merge *merge, const struct input *input) {
    if (merge->run.program) {
        return 0;
    }
    merge->options = *merge->run.options;
    merge->options.engine = input->about.engine;
    merge->run.options = &merge->options;
    merge->run.program = cp_cli_load_program(&merge->options);
    return merge->run.program ? 0 : -1;
}

static int open_input(struct merge *merge, const char *path) {
    char error[CP_MESSAGE_MAX];
    struct input *input = &merge->inputs[merge->input_count++];
    input->path = path;
    input->look = cp_look_open(path, error);
    if (!input->look) {
        cp_complain("%s", error);
        return -1;
    }
    if (cp_look_run(input->look, &input->about) < 0) {
        cp_complain("%s: %s", path, cp_look_error(input->look));
        return -1;
    }
    int err = use_program_of(merge, input);
    err = err ? err : check_program(merge, input);
    return err ? err : check_search(merge, input);
}

static int open_inputs(struct merge *merge) {
    const struct cp_options *options = merge->run.options;
    merge->inputs = calloc((size_t)options->argument_count + 1, sizeof *merge->inputs);
    int err = merge->inputs ? 0 : -1;
    for (int i = 0; !err && i < options->argument_count; i++) {
        err = open_input(merge, options->arguments[i]);
    }
    return err;
}

static int load_cases(struct merge *merge) {
    struct cp_log_cases cases = {.list = &merge->run.list};
    int err = 0;
    for (size_t i = 0; !err && i < merge->input_count; i++) {
        err = cp_log_cases_add(&cases, merge->inputs[i].look, merge->inputs[i].path);
    }
    if (err) {
        cp_log_cases_free(&cases);
        return -1;
    }
    cp_log_cases_choose(&cases);
    struct cp_case_list *list = &merge->run.list;
    if (cp_cli_fit_firmware(&merge->options, list->cases, list->count) != CP_EXIT_OK) {
        return -1;
    }
    return cp_run_plan(&merge->run);
}

// --- the pieces

static int read_shard(struct merge *merge, const char *text, struct piece *piece) {
    unsigned part = 1, count = 0;
    char rest;
    if (*text &&
        (sscanf(text, "%u/%u%c", &part, &count, &rest) != 2 || part == 0 || part > count)) {
        cp_complain("'%s' has a part '%s', which is none", merge->input->path, text);
        merge->has_failed = true;
        return -1;
    }
    piece->part = part - 1;
    piece->part_count = count;
    return 0;
}

static struct piece *add_piece(struct merge *merge, const struct cp_look_case *found) {
    struct piece *grown = realloc(merge->pieces, (merge->piece_count + 1) * sizeof *grown);
    if (!grown) {
        cp_complain("out of memory");
        merge->has_failed = true;
        return NULL;
    }
    merge->pieces = grown;
    struct piece *piece = &grown[merge->piece_count++];
    *piece = (struct piece){.input = merge->input, .found = *found};
    read_shard(merge, found->shard, piece);
    return piece;
}

static int take_case(void *context, struct cp_look_case *found) {
    struct merge *merge = context;
    if (!add_piece(merge, found)) {
        cp_result_free(&found->result);
    }
    return 0;
}

static bool has_piece(const struct merge *merge, const char *name) {
    for (size_t i = 0; i < merge->piece_count; i++) {
        const struct piece *piece = &merge->pieces[i];
        if (piece->input == merge->input && strcmp(piece->found.name, name) == 0) {
            return true;
        }
    }
    return false;
}

// Selected and never begun: there is a piece all the same, of which nothing is known.
static int take_selected(void *context, const char *name, const char *file) {
    struct merge *merge = context;
    struct cp_look_case found = {0};
    (void)file;
    if (!has_piece(merge, name)) {
        snprintf(found.name, sizeof found.name, "%s", name);
        snprintf(found.shard, sizeof found.shard, "%s", merge->input->about.shard);
        add_piece(merge, &found);
    }
    return 0;
}

static int read_pieces(struct merge *merge) {
    for (size_t i = 0; i < merge->input_count; i++) {
        merge->input = &merge->inputs[i];
        if (cp_look_each_case(merge->input->look, take_case, merge) < 0 ||
            cp_look_each_selected(merge->input->look, take_selected, merge) < 0) {
            cp_complain("%s: %s", merge->input->path, cp_look_error(merge->input->look));
            return -1;
        }
    }
    return merge->has_failed ? -1 : 0;
}

static bool is_of(const struct piece *piece, const struct cp_case_run *one) {
    return strcmp(piece->found.name, one->test_case.name) == 0;
}

static struct piece *first_of(const struct merge *merge, const struct cp_case_run *one) {
    struct piece *piece = merge->pieces;
    while (!is_of(piece, one)) {
        piece++; // a case is in the list because a log selected it
    }
    return piece;
}

// --- do they fit

static int check_hash(const struct cp_case_run *one, const struct piece *piece) {
    if (piece->found.id == 0 || piece->found.hash == one->about.hash) {
        return 0;
    }
    cp_complain("the case '%s' in '%s' means something else to this build of cutproof",
                one->test_case.name, piece->input->path);
    return -1;
}

static int check_twice(const struct cp_case_run *one, const struct piece *first,
                       const struct piece *piece) {
    const char *name = one->test_case.name;
    if (piece->part_count != first->part_count) {
        cp_complain("the case '%s' is split into %u parts in '%s' and into %u in '%s'", name,
                    first->part_count ? first->part_count : 1, first->input->path,
                    piece->part_count ? piece->part_count : 1, piece->input->path);
        return -1;
    }
    if (piece->part != first->part) {
        return 0;
    }
    char part[32] = "";
    if (first->part_count > 0) {
        snprintf(part, sizeof part, "part %u of ", piece->part + 1);
    }
    cp_complain("%sthe case '%s' is in '%s' and in '%s'", part, name, first->input->path,
                piece->input->path);
    return -1;
}

static const struct piece *find_part(const struct merge *merge, const struct cp_case_run *one,
                                     uint32_t part) {
    for (size_t i = 0; i < merge->piece_count; i++) {
        if (is_of(&merge->pieces[i], one) && merge->pieces[i].part == part) {
            return &merge->pieces[i];
        }
    }
    return NULL;
}

static int check_missing(const struct merge *merge, const struct cp_case_run *one) {
    int err = 0;
    uint32_t part_count = first_of(merge, one)->part_count;
    for (uint32_t part = 0; part < part_count; part++) {
        if (!find_part(merge, one, part)) {
            cp_complain("part %u of %u of the case '%s' is missing", part + 1, part_count,
                        one->test_case.name);
            err = -1;
        }
    }
    return err;
}

static int check_case(const struct merge *merge, const struct cp_case_run *one) {
    int err = 0;
    for (size_t i = 0; !err && i < merge->piece_count; i++) {
        const struct piece *piece = &merge->pieces[i];
        err = is_of(piece, one) ? check_hash(one, piece) : 0;
        for (size_t k = 0; !err && is_of(piece, one) && k < i; k++) {
            err = is_of(&merge->pieces[k], one) ? check_twice(one, &merge->pieces[k], piece) : 0;
        }
    }
    return err ? err : check_missing(merge, one);
}

static int check_all(const struct merge *merge) {
    int err = 0;
    for (size_t i = 0; i < merge->run.case_count; i++) {
        err |= check_case(merge, &merge->run.cases[i]);
    }
    return err;
}

// --- one case

static int log_row(void *context, const struct cp_state_row *row) {
    const struct merge *merge = context;
    return cp_log_state(merge->run.log, merge->case_id, row);
}

static int take_row(void *context, const struct cp_state_row *row) {
    struct merge *merge = context;
    struct cp_state_row whole = *row;
    whole.site = cp_merge_sites_of(&merge->sites, row->site);
    return cp_merge_row(merge->rows, merge->part, &whole);
}

static int copy_site(void *context, const struct cp_log_site *site) {
    const struct merge *merge = context;
    return cp_log_add_site(merge->run.log, merge->case_id, site);
}

// What a log says of a case that was not run to a result in it.
static struct cp_result unknown_result(void) {
    return (struct cp_result){.verdict = CP_VERDICT_BOUNDED,
                              .stop = CP_STOP_INTERRUPTED,
                              .interrupted = true,
                              .bound = "the run that explored it was ended"};
}

static struct cp_result result_of(const struct piece *piece) {
    return piece->found.has_ended ? piece->found.result : unknown_result();
}

// A case that is in one log only is as it is there.
static int copy_case(struct merge *merge, struct cp_case_run *one, struct piece *piece) {
    struct cp_look *look = piece->input->look;
    one->result = result_of(piece);
    piece->found.result.wear = NULL; // handed over
    piece->found.result.cuts = NULL;
    if (piece->found.id == 0) {
        return 0;
    }
    int err = cp_look_each_state(look, piece->found.id, log_row, merge);
    return err ? err : cp_look_each_site(look, piece->found.id, copy_site, merge);
}

static int merge_part(struct merge *merge, const struct piece *piece) {
    const struct cp_result result = result_of(piece);
    int64_t id = piece->found.id;
    merge->part = piece->part;
    int err = 0;
    if (id != 0) {
        err = cp_merge_sites_add(&merge->sites, piece->input->look, id);
        err = err ? err : cp_look_each_state(piece->input->look, id, take_row, merge);
        err = err ? err : cp_merge_end_rows(merge->rows, merge->part);
    }
    return err ? err : cp_merge_result(merge->rows, merge->part, &result);
}

static bool is_cuts_bounded(const struct merge *merge, const struct cp_case_run *one) {
    bool is_bounded = one->test_case.bounds.cuts_max != CP_UNLIMITED;
    for (size_t i = 0; i < merge->piece_count; i++) {
        const struct piece *piece = &merge->pieces[i];
        is_bounded |= is_of(piece, one) && piece->found.has_ended &&
                      piece->found.result.cuts_max != CP_UNLIMITED;
    }
    return is_bounded;
}

static int merge_case(struct merge *merge, struct cp_case_run *one, uint32_t part_count) {
    merge->rows = cp_merge_new(part_count, is_cuts_bounded(merge, one), log_row, merge);
    int err = merge->rows ? 0 : -1;
    for (uint32_t part = 0; !err && part < part_count; part++) {
        err = merge_part(merge, find_part(merge, one, part));
    }
    if (!err) {
        cp_merge_conclude(merge->rows, &one->test_case, &one->search, &one->result);
        err = cp_merge_sites_write(&merge->sites, merge->run.log, merge->case_id);
    }
    cp_merge_free(merge->rows);
    cp_merge_sites_free(&merge->sites);
    return err;
}

static int write_case(struct merge *merge, struct cp_case_run *one) {
    struct cp_run *run = &merge->run;
    struct piece *first = first_of(merge, one);
    int err = cp_log_begin_case(run->log, &one->about, &one->log_id);
    merge->case_id = one->log_id;
    if (!err) {
        err = first->part_count == 0 ? copy_case(merge, one, first)
                                     : merge_case(merge, one, first->part_count);
    }
    return err ? err : cp_log_end_case(run->log, one->log_id, &one->about, &one->result);
}

// --- all

static int complain_failed(const struct merge *merge) {
    const char *text = cp_log_error(merge->run.log);
    for (size_t i = 0; i < merge->input_count && !*text; i++) {
        text = cp_look_error(merge->inputs[i].look);
    }
    cp_complain("%s", *text ? text : "out of memory");
    return -1;
}

static void write_cases(struct merge *merge) {
    struct cp_run *run = &merge->run;
    for (size_t i = 0; i < run->case_count && !run->has_log_failed; i++) {
        struct cp_case_run *one = &run->cases[i];
        if (write_case(merge, one) < 0) {
            complain_failed(merge);
            run->has_log_failed = true;
            return;
        }
        one->has_ended = true;
        cp_run_print_case(run, one);
        run->summary.code =
            cp_exit_worse(run->summary.code, cp_verdict_exit(&one->test_case, &one->result));
    }
}

static enum cp_exit create_log(struct merge *merge) {
    char error[CP_MESSAGE_MAX];
    struct cp_run *run = &merge->run;
    const struct input *first = &merge->inputs[0];
    char *command_line = cp_options_command_line(run->options);
    const struct cp_log_run about = {.version = CP_VERSION,
                                     .core_name = run->program->name,
                                     .core_hash = run->program->core_hash,
                                     .command_line = command_line ? command_line : "",
                                     .engine = cp_engine_name(first->about.engine),
                                     .is_audit = first->about.is_audit};
    int err = cp_log_create(run->place.log, &about, &run->log, error);
    free(command_line);
    if (err) {
        cp_complain("%s", error);
        return CP_EXIT_USAGE;
    }
    return cp_run_log_selection(run) < 0 ? (complain_failed(merge), CP_EXIT_INTERNAL) : CP_EXIT_OK;
}

static void use_engine_of_logs(struct merge *merge) {
    for (size_t i = 0; i < merge->run.case_count; i++) {
        struct cp_case_run *one = &merge->run.cases[i];
        one->search.engine = merge->inputs[0].about.engine;
        one->about.engine = cp_engine_name(one->search.engine);
    }
}

static enum cp_exit set_up(struct merge *merge) {
    struct cp_run *run = &merge->run;
    if (run->options->argument_count == 0 || !run->options->log) {
        cp_complain("which logs, and where to? Give --log FILE and the logs of the parts");
        return CP_EXIT_USAGE;
    }
    if (open_inputs(merge) < 0 || load_cases(merge) < 0 || read_pieces(merge) < 0 ||
        check_all(merge) < 0) {
        return CP_EXIT_USAGE;
    }
    use_engine_of_logs(merge);
    enum cp_exit code = cp_run_place_make(run->options->log, &run->place);
    run->place.is_merged = true;
    return code != CP_EXIT_OK ? code : create_log(merge);
}

static void free_merge(struct merge *merge) {
    for (size_t i = 0; i < merge->piece_count; i++) {
        cp_result_free(&merge->pieces[i].found.result);
    }
    for (size_t i = 0; i < merge->input_count; i++) {
        cp_look_close(merge->inputs[i].look);
    }
    free(merge->pieces);
    free(merge->inputs);
    cp_run_free(&merge->run);
}

enum cp_exit cp_command_merge(const struct cp_options *options) {
    struct merge merge = {.run = {.options = options}};
    clock_t started = clock();
    enum cp_exit code = set_up(&merge);
    if (code == CP_EXIT_OK) {
        write_cases(&merge);
        merge.run.summary.seconds = (double)(clock() - started) / CLOCKS_PER_SEC;
        cp_run_finish(&merge.run);
        code = merge.run.summary.code;
    }
    free_merge(&merge);
    return code;
}
