// command.h: the commands. Each returns an exit code.

#ifndef CP_CLI_COMMAND_H
#define CP_CLI_COMMAND_H

#include "cli/exit_code.h"
#include "cli/options.h"

enum cp_exit cp_command_init(const struct cp_options *options);
enum cp_exit cp_command_check(const struct cp_options *options);
enum cp_exit cp_command_list(const struct cp_options *options);
enum cp_exit cp_command_layout(const struct cp_options *options);
enum cp_exit cp_command_run(const struct cp_options *options);
enum cp_exit cp_command_replay(const struct cp_options *options);
enum cp_exit cp_command_merge(const struct cp_options *options);
enum cp_exit cp_command_bench(const struct cp_options *options);
enum cp_exit cp_command_doctor(const struct cp_options *options);
enum cp_exit cp_command_keygen(const struct cp_options *options);
enum cp_exit cp_command_sign(const struct cp_options *options);
enum cp_exit cp_command_verify(const struct cp_options *options);
enum cp_exit cp_command_report(const struct cp_options *options);
enum cp_exit cp_command_gate(const struct cp_options *options);
enum cp_exit cp_command_measure(const struct cp_options *options);
enum cp_exit cp_command_completion(const struct cp_options *options);
enum cp_exit cp_command_help(const struct cp_options *options);
enum cp_exit cp_command_version(const struct cp_options *options);

#endif
