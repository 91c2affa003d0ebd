// table.h: the one table of all keys of a scenario.
//
// From it come the check of a file, the did-you-mean, the JSON Schema and the
// reference page. Paths are dotted, in the order of the reference; "*" stands
// for the name of an image or of a part.

#ifndef CP_SCENARIOS_TABLE_H
#define CP_SCENARIOS_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum cp_key_type {
    CP_KEY_MAP,      // its keys are in the table
    CP_KEY_IMAGES,   // its keys are names the user chooses
    CP_KEY_PARTS,    // the same
    CP_KEY_MATRIX,   // its keys are dotted paths of this table
    CP_KEY_TEXT,     // a text for people
    CP_KEY_NAME,     // a name of the scenario
    CP_KEY_IMAGE,    // the name of one of `images`
    CP_KEY_PART,     // the name of a part, of the file or known
    CP_KEY_INTEGER,  // a whole number without a unit
    CP_KEY_SIZE,     // 64KiB; min, max and step in bytes
    CP_KEY_OFFSET,   // 0x6000 or 24KiB; in bytes
    CP_KEY_HEX,      // 0xFF; without a unit
    CP_KEY_TIME,     // 10m; min, max and step in microseconds
    CP_KEY_BOOLEAN,  // true or false
    CP_KEY_WORD,     // one word of a list
    CP_KEY_WORDS,    // a list of such words
    CP_KEY_LABELS,   // a list of names the user chooses
    CP_KEY_SEQUENCE, // a list of names of images, in order
    CP_KEY_TRACES,   // a list of traces; one alone needs no list
};

enum cp_key_flag {
    CP_KEY_REQUIRED = 1,
    CP_KEY_OR_ALL = 2,       // the word `all` stands for the whole list
    CP_KEY_OR_NONE = 4,      // the word `none` stands for the empty list, or for no image
    CP_KEY_OR_UNLIMITED = 8, // the word `unlimited` stands for no bound
    CP_KEY_OR_MASKS = 16,    // the list may also hold bit masks such as 0x20202020
    CP_KEY_FIXED = 32,       // not for the matrix
};

struct cp_key {
    const char *path;
    enum cp_key_type type;
    unsigned flags;
    uint64_t min, max;                 // of a number; of a text, list or map: its length
    uint64_t step;                     // a number is a multiple of it; 0 = any
    const char *(*word)(size_t index); // NULL at the end
    const char *fallback;              // the value when the key is absent; NULL = there is none
    const char *help;                  // one sentence
};

#define CP_USER_PARTS_MAX 16u

// All keys; *count is their number.
const struct cp_key *cp_keys(size_t *count);

// The key at a path of a file, such as images.new.size, or NULL.
const struct cp_key *cp_key_find(const char *path);

// The key `name` directly below the table path `parent` ("" = the top), or NULL.
const struct cp_key *cp_key_child(const char *parent, const char *name);

// The last part of the key's path if it lies directly below `parent`, else NULL.
const char *cp_key_name_below(const struct cp_key *key, const char *parent);

// A value that is written as one scalar can be varied by the matrix: all that
// are no list or map, and those lists that one word can stand for.
bool cp_key_suits_matrix(const struct cp_key *key);

// Position of a word, or -1.
int cp_key_word_index(const struct cp_key *key, const char *word);

#endif
