// part_tables.h: the tables of parts, one for each maker or line of parts; for sim/part.c only.

#ifndef CP_SIM_PART_TABLES_H
#define CP_SIM_PART_TABLES_H

#include "sim/part.h"

struct cp_part_table {
    const struct cp_part *parts;
    size_t count;
};

extern const struct cp_part_table cp_parts_nordic, cp_parts_st_f, cp_parts_st_l0, cp_parts_st_l,
    cp_parts_st_h, cp_parts_rp, cp_parts_spi, cp_parts_fictional;

#define CP_KIB 1024u
#define CP_MIB (1024u * 1024u)

#define CP_PART_TABLE(array)                                                                       \
    { array, sizeof(array) / sizeof((array)[0]) }

#endif
