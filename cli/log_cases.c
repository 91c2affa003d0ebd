// log_cases.c: see log_cases.h.

#include "cli/log_cases.h"

#include "cli/select.h"
#include "cli/text.h"

#include <stdlib.h>
#include <string.h>

static const char *text_of(const struct cp_case_list *list, const char *file) {
    for (size_t i = 0; i < list->text_count; i++) {
        if (strcmp(list->texts[i].file, file) == 0) {
            return list->texts[i].text;
        }
    }
    return NULL;
}

static int load_scenario(void *context, const char *file, const char *yaml) {
    struct cp_log_cases *cases = context;
    const char *known = text_of(cases->list, file);
    if (!known) {
        cases->has_failed |= cp_select_from_text(file, yaml, cases->list) != 0;
    } else if (strcmp(known, yaml) != 0) {
        cp_complain("the scenario '%s' in '%s' is not the one in the logs before it", file,
                    cases->log);
        cp_help("parts of one case come from one text");
        cases->has_failed = true;
    }
    return 0;
}

static bool is_chosen(const struct cp_log_cases *cases, const char *name) {
    for (size_t i = 0; i < cases->chosen_count; i++) {
        if (strcmp(cases->chosen[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

static int choose(void *context, const char *name, const char *file) {
    struct cp_log_cases *cases = context;
    const struct cp_case *found = cp_select_find(cases->list, name);
    if (is_chosen(cases, name)) {
        return 0;
    }
    struct cp_case *chosen =
        realloc(cases->chosen, (cases->chosen_count + 1) * sizeof *cases->chosen);
    if (!found || !chosen) {
        cp_complain(found ? "out of memory for '%s' of '%s'"
                          : "the case '%s' is not in the scenario '%s' that the log keeps",
                    name, file);
        cases->chosen = chosen ? chosen : cases->chosen;
        cases->has_failed = true;
        return 0;
    }
    cases->chosen = chosen;
    chosen[cases->chosen_count++] = *found;
    return 0;
}

int cp_log_cases_add(struct cp_log_cases *cases, struct cp_look *look, const char *log) {
    cases->log = log;
    int err = cp_look_each_scenario(look, load_scenario, cases);
    if (!err && !cases->has_failed) {
        err = cp_look_each_selected(look, choose, cases);
    }
    if (err) {
        cp_complain("%s: %s", log, cp_look_error(look));
    }
    return err || cases->has_failed ? -1 : 0;
}

void cp_log_cases_choose(struct cp_log_cases *cases) {
    free(cases->list->cases);
    cases->list->cases = cases->chosen;
    cases->list->count = cases->list->capacity = cases->chosen_count;
    cases->chosen = NULL;
}

void cp_log_cases_free(struct cp_log_cases *cases) {
    free(cases->chosen);
    cases->chosen = NULL;
}
