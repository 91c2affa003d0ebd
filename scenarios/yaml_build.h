// yaml_build.h: what the builder of a tree needs of its nodes.

#ifndef CP_SCENARIOS_YAML_BUILD_H
#define CP_SCENARIOS_YAML_BUILD_H

#include "scenarios/yaml_tree.h"

struct cp_node *cp_node_new(struct cp_tree *tree, enum cp_node_kind kind, const char *text,
                            size_t length);
void cp_node_append(struct cp_node *parent, struct cp_node *child);

#endif
