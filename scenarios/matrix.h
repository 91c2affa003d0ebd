// matrix.h: one scenario as several cases, one for each combination of values.

#ifndef CP_SCENARIOS_MATRIX_H
#define CP_SCENARIOS_MATRIX_H

#include "scenarios/yaml_tree.h"

#define CP_MATRIX_AXES_MAX  8u
#define CP_MATRIX_CASES_MAX 256u

struct cp_axis {
    const struct cp_node *values; // a list; its key is the dotted path
    uint32_t count;
};

struct cp_matrix {
    struct cp_axis axes[CP_MATRIX_AXES_MAX];
    uint32_t axis_count;
    uint32_t case_count; // 1 without a matrix
};

// Read and check the matrix of a file. With an error there is none.
void cp_matrix_read(struct cp_matrix *matrix, struct cp_node *root, struct cp_report *report);

// Put the values of one combination into the tree they were read from, and
// write the name of its case, "name[layout.buffer=4B]". The last axis varies
// fastest. Returns false when the name does not fit.
bool cp_matrix_choose(const struct cp_matrix *matrix, uint32_t index, struct cp_tree *tree,
                      char name[CP_NAME_MAX]);

#endif
