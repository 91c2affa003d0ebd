// check.h: does a tree keep to the table?

#ifndef CP_SCENARIOS_CHECK_H
#define CP_SCENARIOS_CHECK_H

#include "scenarios/table.h"
#include "scenarios/yaml_tree.h"

// Check all keys and the form of all values below root. Nodes whose value
// cannot be used are marked as broken.
void cp_check_tree(struct cp_node *root, struct cp_report *report);

// Check one value; the matrix uses it as well.
void cp_check_value(const struct cp_key *key, struct cp_node *node, struct cp_report *report);

// [a-z0-9-]+, and with slashes [a-z0-9-/]+.
bool cp_is_name(const char *text, bool with_slashes);

// A name of an image: [a-z][a-z0-9-]*, and not `none`.
bool cp_is_image_name(const char *text);

#define CP_IMAGE_NAME_MAX 31u

// A name of a part of the file: [a-z][a-z0-9-]*.
bool cp_is_part_name(const char *text);

#define CP_USER_PART_NAME_MAX 40u

#endif
