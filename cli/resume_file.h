// resume_file.h: the files beside a log that let its run go on.
//
// LOG.resume/C.P is the checkpoint of part P (from 0) of case C (its place among
// those selected, from 0); only the search knows what is in it. LOG.resume/C.parts
// says, of a case that this run has split, how far its parts are.

#ifndef CP_CLI_RESUME_FILE_H
#define CP_CLI_RESUME_FILE_H

#include "faults/merge.h"

#define CP_RESUME_PATH_MAX 320

// The directory, and in it a file. Negative if it cannot be made.
int cp_resume_make_directory(const char *log);
void cp_resume_checkpoint(const char *log, size_t case_index, uint32_t part,
                          char path[CP_RESUME_PATH_MAX]);

bool cp_resume_has_checkpoint(const char *log, size_t case_index, uint32_t part);

// Remove what is kept of a case; the directory goes when it is empty.
void cp_resume_forget_case(const char *log, size_t case_index, uint32_t part_count);
void cp_resume_remove_directory(const char *log);

// How far the parts of a split case are. `results` has one for each; those that are
// complete are kept. Negative if it cannot be written.
int cp_resume_save_parts(const char *log, size_t case_index, const struct cp_merge *merge,
                         const struct cp_result *results);

// How many parts the case was split into; 0 if nothing is kept of it.
uint32_t cp_resume_count_parts(const char *log, size_t case_index);

// Put back what was saved; a result stays empty where a part has to go on. Negative if
// it cannot be read.
int cp_resume_load_parts(const char *log, size_t case_index, struct cp_merge *merge,
                         struct cp_result *results);

#endif
