// words.h: the words that a scenario can choose from, by their index.
//
// Each gives the word of an index, and NULL at the end. Where the index is the
// value of an enum of faults/ or sim/, words.c asserts so.

#ifndef CP_SCENARIOS_WORDS_H
#define CP_SCENARIOS_WORDS_H

#include <stddef.h>

const char *cp_word_part(size_t index);
const char *cp_word_rule(size_t index);
const char *cp_word_ecc_read(size_t index);
const char *cp_word_part_fault(size_t index);
const char *cp_word_device(size_t index); // index into cp_case.devices
const char *cp_word_format(size_t index);
const char *cp_word_strategy(size_t index);
const char *cp_word_slot(size_t index); // 0 = CP_AREA_ACTIVE
const char *cp_word_firmware(size_t index);
const char *cp_word_download(size_t index);
const char *cp_word_after_revert(size_t index);
const char *cp_word_dfu_host(size_t index);
const char *cp_word_damaged(size_t index); // bit per CP_DAMAGED_
const char *cp_word_signature(size_t index);
const char *cp_word_fault_model(size_t index);
const char *cp_word_cut(size_t index);
const char *cp_word_phase(size_t index);
const char *cp_word_torn_area(size_t index); // 0 = CP_AREA_STATE
const char *cp_word_program_tear(size_t index);
const char *cp_word_erase_tear(size_t index);
const char *cp_word_torn_reads(size_t index);
const char *cp_word_operation_error(size_t index);
const char *cp_word_promise(size_t index);
const char *cp_word_verdict(size_t index);

#endif
